"""PEFT adapters: stored beside their base, or with a reference to it, or merged."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.sources import SourceContext
from runner.sources.scratch import ScratchSource
from runner.tasks import get_task
from tests.adapters import CONFIGS, native_answers, save_adapter
from tests.conftest import REPOSITORY, Outcome
from tests.hub_server import Hub, serving
from tests.isolated import isolated

PROMPTS = ["My dog", "What is MLflow?"]
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
    work = tmp_path_factory.mktemp("base")
    source = ScratchSource(kind="scratch", architecture="gpt2", seed=3)
    return source.resolve(SourceContext(work, work, get_task("text-generation"))).folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub that the processes which a test starts ask."""
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("RECIPE_RUNNER_HUB_PATIENCE", "1")
        yield hub


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


def run(cli: Cli, workspace: Path, recipe: dict[str, Any]) -> tuple[Outcome, Path, dict[str, Any]]:
    """Run a recipe; give the outcome, the model's folder and the record.

    In a process of its own where a hub is asked: its address is read at import.
    """
    whole = {
        "task": "text-generation",
        "model_config": {"max_new_tokens": 5, "do_sample": False},
        "evaluation": {"inputs": PROMPTS},
        **recipe,
    }
    (workspace / "case.yaml").write_text(yaml.safe_dump(whole))
    asked = ("+recipe=case.yaml", "tracking.uri=null")
    done = alone(workspace, *asked) if "repo" in str(recipe) else cli(*asked)
    point = workspace / "outputs" / "case" / "default"
    record = point / "record.json"
    return done, point / "model", json.loads(record.read_text()) if record.is_file() else {}


def alone(workspace: Path, *arguments: str) -> Outcome:
    """Run the command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "runner", *arguments],
        cwd=workspace,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *extra_path()])},
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def extra_path() -> list[str]:
    """Folders that this test put on the path."""
    return [p for p in sys.path if p.endswith("site") and "pytest" in p]


def weight_files(model: Path) -> list[str]:
    """The weight files of a base model inside a model."""
    found = [p for p in model.rglob("*.safetensors") if "peft" not in p.parts]
    return [str(p.relative_to(model)) for p in found]


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
