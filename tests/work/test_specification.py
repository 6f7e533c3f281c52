"""The examples of MLflow's transformers guide, as recipes, each run on a twin of its model."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
import torch
from mlflow.models import Model

from runner.machine.libraries import installed
from tests.checkpoints import as_pickle, build
from tests.conftest import REPOSITORY
from tests.pyfunc.media import recording
from tests.quantised import lora
from tests.served import Served, serving_cli
from tests.whisper import tiny_whisper

PAGE = REPOSITORY / "docs" / "specification.md"
Twin = Callable[[Path], Path]


def causal(architecture: str) -> Twin:
    return lambda folder: build(folder, "text-generation", architecture, {})


def t5(folder: Path) -> Path:
    return build(folder, "text2text-generation", "t5", {})


def opt(folder: Path) -> Path:
    wide = {"hidden_size": 64}  # rows of the 64 numbers that four bits are scaled by
    return as_pickle(build(folder.with_name("opt"), "text-generation", "opt", wide), folder)


def sst2(folder: Path) -> Path:
    labels = ["NEGATIVE", "POSITIVE"]
    return build(folder, "text-classification", "distilbert", {}, labels)


TWINS: dict[str, tuple[str, Twin]] = {
    "conversational/dialogpt-medium": ("microsoft/DialoGPT-medium", causal("gpt2")),
    "text-generation/distilgpt2-template": ("distilbert/distilgpt2", causal("gpt2")),
    "text2text-generation/t5-common-gen": ("mrm8488/t5-base-finetuned-common_gen", t5),
    "text2text-generation/t5-common-gen-params": ("mrm8488/t5-base-finetuned-common_gen", t5),
    "text-classification/distilbert-sst2-components": (
        "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        sst2,
    ),
    "translation/t5-small-bfloat16": ("google-t5/t5-small", t5),
    "text-generation/opt-350m-lora": ("facebook/opt-350m", opt),
    "text-generation/opt-350m-lora-merged": ("facebook/opt-350m", opt),
    "text-generation/dolly-reference": ("databricks/dolly-v2-7b", causal("gpt_neox")),
    "instructional-text-generation/dolly-template": ("databricks/dolly-v2-7b", causal("gpt_neox")),
    "automatic-speech-recognition/whisper-tiny": ("openai/whisper-tiny", tiny_whisper),
    "automatic-speech-recognition/whisper-tiny-uri": ("openai/whisper-tiny", tiny_whisper),
    "automatic-speech-recognition/whisper-tiny-array": ("openai/whisper-tiny", tiny_whisper),
}
"""Recipes, each with the repository that it names and what stands in for it here."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A command line whose hub has a twin of every repository."""
    folder = tmp_path_factory.mktemp("twins")
    with serving_cli(folder) as served:
        for repo, twin in dict(TWINS.values()).items():
            served.hub.add(repo, twin(folder / repo.replace("/", "-")))
        adapter = lora(folder / "opt", folder / "adapter")
        served.hub.add("ybelkada/opt-350m-lora", adapter)
        yield served


@pytest.fixture
def proven(served: Served, workspace: Path) -> Callable[..., dict[str, Any]]:
    """Run a recipe on the twin of its model; give its record."""
    (workspace / "said.wav").write_bytes(recording(8000, 1))

    def prove(name: str, *more: str) -> dict[str, Any]:
        done = served.cli(
            f"+recipe={name}", "source.revision=main", "tracking.uri=null", "out=out",
            "evaluation.expect=[]", "--output", "json", *more,
        )  # fmt: skip
        assert done.code == 0, done.stderr[-3000:]
        return done.document

    return prove


@pytest.mark.parametrize("name", TWINS)
def test_an_example_is_a_recipe_that_is_proven(
    proven: Callable[..., dict[str, Any]], name: str
) -> None:
    record = proven(name)
    assert record["verdict"] == "passed"
    assert {view["view"] for view in record["views"]} >= {"native", "pyfunc"}
    assert record["sources"]["model"]["name"].startswith(TWINS[name][0])
    saved: Any = Model.load(record["model"])
    assert saved.flavors["transformers"]["source_model_name"] == TWINS[name][0]
    assert saved.metadata["source_commit"] == record["sources"]["model"]["commit"]


def test_an_adapter_lies_on_a_base_in_four_bits(served: Served, workspace: Path) -> None:
    done = served.cli("+recipe=text-generation/opt-350m-qlora", "tracking.uri=null", "out=out",
                      "--output", "json")  # fmt: skip
    if not installed("bitsandbytes"):
        assert done.code == 3
        assert "bitsandbytes is not installed" in done.stderr
        return
    assert done.code == 0, done.stderr[-3000:]
    record = done.document
    held = {c["view"]: c["outcome"] for c in record["checks"] if c["name"] == "source"}
    assert held == {"native": "passed", "pyfunc": "passed"}
    model = Path(record["model"])
    assert (model / "peft" / "adapter_model.safetensors").is_file()
    config = json.loads((model / "model" / "config.json").read_text())
    assert config["quantization_config"]["bnb_4bit_quant_type"] == "nf4"


def test_an_argument_of_the_recipe_gives_way_to_one_at_load(
    proven: Callable[..., dict[str, Any]],
) -> None:
    model = proven("text2text-generation/t5-common-gen")["model"]
    saved = mlflow.pyfunc.load_model(model).model_config
    assert {k: saved[k] for k in ("num_beams", "max_length", "do_sample")} == {
        "num_beams": 5, "max_length": 30, "do_sample": True
    }  # fmt: skip
    loaded = mlflow.pyfunc.load_model(model, model_config={"do_sample": False})
    first, second = (loaded.predict("pencil draw paper") for _ in range(2))
    assert first == second, "greedy beams repeat themselves"
    pieces = [mlflow.pyfunc.load_model(model).predict("pencil draw paper") for _ in range(4)]
    assert len({str(piece) for piece in pieces}) > 1, "sampled answers do not"


def test_an_argument_of_the_recipe_gives_way_to_one_of_the_call(
    proven: Callable[..., dict[str, Any]],
) -> None:
    model = proven("text2text-generation/t5-common-gen-params")["model"]
    loaded = mlflow.pyfunc.load_model(model)
    params = {"max_length": 4, "do_sample": False}
    short, again = (loaded.predict("pencil draw paper", params=params)[0] for _ in range(2))
    assert short == again
    whole = loaded.predict("pencil draw paper", params={"do_sample": False})[0]
    assert len(whole) > len(short)


def test_the_weights_are_in_the_dtype_of_the_recipe(
    proven: Callable[..., dict[str, Any]],
) -> None:
    model = proven("translation/t5-small-bfloat16")["model"]
    pipeline = mlflow.transformers.load_model(model)
    assert pipeline.model.dtype == torch.bfloat16
    assert pipeline.tokenizer.model_max_length == 100
    other = mlflow.transformers.load_model(model, torch_dtype=torch.float64)
    assert other.model.dtype == torch.float64
    parts = mlflow.transformers.load_model(model, return_type="components")
    assert {"task", "model", "tokenizer"} <= parts.keys()


def test_a_reference_holds_no_weights(proven: Callable[..., dict[str, Any]]) -> None:
    record = proven("text-generation/dolly-reference")
    model = Path(record["model"])
    assert not list(model.rglob("*.safetensors"))
    flavor: Any = Model.load(str(model)).flavors["transformers"]
    assert flavor["source_model_name"] == "databricks/dolly-v2-7b"
    assert flavor["source_model_revision"] == record["sources"]["model"]["commit"]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _rows() -> list[list[str]]:
    lines = [ln for ln in PAGE.read_text(encoding="utf-8").splitlines() if ln.startswith("| ")]
    return [cells for cells in map(_cells, lines) if cells[0] not in ("example", "mechanism")]


def test_what_the_table_names_is_there() -> None:
    rows = _rows()
    assert len(rows) > 30
    for what, recipe, test in rows:
        named = re.findall(r"`([\w./-]+)`", recipe)
        assert all((REPOSITORY / "recipes" / f"{name}.yaml").is_file() for name in named), what
        tests = re.findall(r"`(tests/[\w./-]+\.py)(?:::(\w+))?`", test)
        assert tests, f"{what} names no test"
        for file, function in tests:
            text = (REPOSITORY / file).read_text(encoding="utf-8")
            assert not function or f"def {function}(" in text, f"{file} has no {function}"


def test_every_recipe_of_an_example_is_in_the_table() -> None:
    named = {name for _, recipe, _ in _rows() for name in re.findall(r"`([\w./-]+)`", recipe)}
    assert TWINS.keys() <= named
