"""PEFT adapters: stored beside their base, or with a reference to it, or merged."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.adapters import CONFIGS, native_answers, save_adapter
from tests.checkpoints import causal_lm
from tests.conftest import Outcome
from tests.hub_server import Hub
from tests.integration.packaging import PROMPTS, run, weight_files
from tests.isolated import isolated

BASES = ("hub", "local", "package")
ASK = """
import mlflow.transformers
path = {path!r}
pyfunc = mlflow.pyfunc.load_model(path, model_config={config!r}).predict({prompts!r})
pipeline = mlflow.transformers.load_model(path)
native = [pipeline(p, max_new_tokens=5, do_sample=False)[0]["generated_text"] for p in {prompts!r}]
answer([pyfunc, native, type(pipeline.model).__name__])
"""
Cli = Callable[..., Outcome]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small GPT-2."""
    return causal_lm(tmp_path_factory.mktemp("base") / "tiny", seed=3)


def source_of(kind: str, base: Path, hub: Hub, site: Path) -> dict[str, Any]:
    """Put the base model where a kind of source finds it."""
    match kind:
        case "hub":
            hub.add("org/base", base)
            return {"kind": "hub", "repo": "org/base"}
        case "package":
            return {"kind": "package", "distribution": "base-model", "path": "base_model/model"}
        case _:
            return {"kind": "local", "path": str(base)}


@pytest.fixture
def distribution(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed distribution that carries the base model."""
    site = tmp_path / "site"
    shutil.copytree(base, site / "base_model" / "model")
    info = site / "base_model-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: base-model\nVersion: 1.0\n")
    files = [p.relative_to(site) for p in site.rglob("*") if p.is_file()]
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    monkeypatch.syspath_prepend(str(site))


@pytest.mark.usefixtures("distribution")
@pytest.mark.parametrize(
    ("where", "kind", "stored"),
    [
        *((where, kind, False) for where in BASES for kind in CONFIGS),
        *(("local", kind, True) for kind in CONFIGS),
        ("hub", "lora", True),
    ],
)
def test_an_adapter_loads_with_its_base(
    cli: Cli, workspace: Path, base: Path, hub: Hub, kind: str, where: str, stored: bool
) -> None:
    adapter = save_adapter(kind, base, workspace / "adapter")
    recipe = {
        "source": source_of(where, base, hub, workspace),
        "adapter": {"kind": "local", "path": str(adapter)},
        "save_pretrained": stored,
    }
    done, model, record = run(cli, workspace, recipe)
    assert done.code == 0, done.stderr
    assert record["verdict"] == "passed"
    assert bool(weight_files(model)) is stored
    assert any(line.startswith("peft==") for line in record["requirements"])
    wanted = native_answers(base, adapter, PROMPTS, 5)
    assert wanted != native_answers(base, None, PROMPTS, 5), "the adapter changes nothing"
    pyfunc, native, kind_of_model = isolated(
        ASK.format(path=str(model), config={}, prompts=PROMPTS), workspace
    )
    assert [text.strip() for text in pyfunc] == wanted
    assert [text.strip() for text in native] == wanted
    assert kind_of_model.startswith("PeftModel")


def test_the_base_can_be_another_one_at_load(
    cli: Cli, workspace: Path, base: Path, hub: Hub
) -> None:
    adapter = save_adapter("lora", base, workspace / "adapter")
    moved = workspace / "moved"
    recipe = {
        "source": {"kind": "local", "path": str(shutil.copytree(base, workspace / "first"))},
        "adapter": {"kind": "local", "path": str(adapter)},
        "save_pretrained": False,
    }
    done, model, _ = run(cli, workspace, recipe)
    assert done.code == 0, done.stderr
    (workspace / "first").rename(moved)
    config = {"base_model": str(moved)}
    code = f"""
model = mlflow.pyfunc.load_model({str(model)!r}, model_config={config!r})
answer(model.predict({PROMPTS!r}))
"""
    found = isolated(code, workspace)
    assert [text.strip() for text in found] == native_answers(base, adapter, PROMPTS, 5)


@pytest.mark.parametrize("kind", ["lora", "ia3"])
def test_a_merged_adapter_is_an_ordinary_model(
    cli: Cli, workspace: Path, base: Path, kind: str
) -> None:
    adapter = save_adapter(kind, base, workspace / "adapter")
    recipe = {
        "source": {"kind": "local", "path": str(base)},
        "adapter": {"kind": "local", "path": str(adapter)},
        "merge": True,
    }
    done, model, record = run(cli, workspace, recipe)
    assert done.code == 0, done.stderr
    assert not (model / "peft").exists()
    assert not any(line.startswith("peft") for line in record["requirements"])
    pyfunc, native, kind_of_model = isolated(
        ASK.format(path=str(model), config={}, prompts=PROMPTS), workspace
    )
    wanted = native_answers(base, adapter, PROMPTS, 5)
    assert [text.strip() for text in pyfunc] == [text.strip() for text in native] == wanted
    assert kind_of_model == "GPT2LMHeadModel"


def test_a_prefix_cannot_be_merged(cli: Cli, workspace: Path, base: Path) -> None:
    adapter = save_adapter("prefix", base, workspace / "adapter")
    recipe = {
        "source": {"kind": "local", "path": str(base)},
        "adapter": {"kind": "local", "path": str(adapter)},
        "merge": True,
    }
    done, model, _ = run(cli, workspace, recipe)
    assert done.code == 3
    assert "an adapter of type PREFIX_TUNING cannot be merged" in done.stderr
    assert not model.exists()


@pytest.mark.parametrize("kind", CONFIGS)
def test_an_adapter_of_another_base_is_found_by_its_shapes(
    cli: Cli, workspace: Path, base: Path, kind: str
) -> None:
    adapter = save_adapter(kind, base, workspace / "adapter")
    other = {"kind": "scratch", "architecture": "gpt2", "config": {"n_embd": 48, "n_head": 4}}
    recipe = {"source": other, "adapter": {"kind": "local", "path": str(adapter)}}
    done, model, _ = run(cli, workspace, recipe)
    assert done.code == 3, done.stderr
    assert "does not fit the base model" in done.stderr
    assert not model.exists()


def test_an_adapter_for_another_architecture_is_found(
    cli: Cli, workspace: Path, base: Path
) -> None:
    adapter = save_adapter("lora", base, workspace / "adapter")
    recipe = {
        "source": {"kind": "scratch", "architecture": "llama"},
        "adapter": {"kind": "local", "path": str(adapter)},
    }
    done, _, _ = run(cli, workspace, recipe)
    assert done.code == 3
    assert "which LlamaForCausalLM does not have" in done.stderr


def test_a_folder_without_an_adapter_is_a_finding(cli: Cli, workspace: Path, base: Path) -> None:
    recipe = {
        "source": {"kind": "local", "path": str(base)},
        "adapter": {"kind": "local", "path": str(base)},
    }
    done, _, _ = run(cli, workspace, recipe)
    assert done.code == 2
    assert "has no adapter_config.json" in done.stderr
