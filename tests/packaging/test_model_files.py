"""What is written around the weights: signature, requirements, card and licence."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from mlflow.types.schema import DataType

from runner.machine.libraries import installed, versions
from runner.packaging.card import read_card, write_license
from runner.packaging.requirements import requirements
from runner.packaging.sign import sign
from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint
from runner.tasks import Task, get_task

TEXT = get_task("text-generation")


def recipe(**fields: object) -> Recipe:
    source = {"kind": "scratch", "architecture": "gpt2"}
    return Recipe.model_validate({"task": "text-generation", "source": source, **fields})


def parts(task: Task = TEXT, **components: object) -> SimpleNamespace:
    return SimpleNamespace(components=components, task=task, adapter=None, code={}, quantised=None)


def test_the_signature_is_the_tasks_own_with_the_declared_params() -> None:
    params = {
        "max_new_tokens": 20,
        "temperature": {"type": "float", "default": 0.7},
        "do_sample": False,
        "suffix": {"type": "string", "default": None},
        "bad_words": {"type": "string", "default": ["a", "b"], "shape": [-1]},
    }
    signature = sign(recipe(params=params))
    assert signature.inputs.input_types() == [DataType.string]
    assert signature.outputs.input_types() == [DataType.string]
    schema = {p["name"]: p for p in signature.params.to_dict()}
    assert {name: p["type"] for name, p in schema.items()} == {
        "max_new_tokens": "long",
        "temperature": "float",
        "do_sample": "boolean",
        "suffix": "string",
        "bad_words": "string",
    }
    assert schema["bad_words"]["default"] == ["a", "b"]
    assert schema["suffix"]["default"] is None


def test_labels_and_scores_are_columns_and_a_vector_is_a_tensor() -> None:
    labels = sign(recipe(task="text-classification")).outputs
    assert labels.input_names() == ["label", "score"]
    assert labels.input_types() == [DataType.string, DataType.double]
    vector = sign(recipe(task="feature-extraction")).outputs
    assert vector.is_tensor_spec()
    assert sign(recipe()).params is None


def test_requirements_are_the_installed_versions_without_local_labels() -> None:
    lines = requirements(parts(tokenizer=SimpleNamespace(is_fast=True)), recipe())
    assert [line.partition("==")[0] for line in lines] == ["mlflow", "torch", "transformers"]
    assert not any("+" in line for line in lines)
    assert installed("no-such-distribution") == ""
    assert versions()["mlflow"] == installed("mlflow")


def test_a_recipes_own_line_adds_to_the_requirements_or_replaces_one() -> None:
    own = {"extra": ["sentencepiece>=0.2", "torch==2.6.0"]}
    lines = requirements(parts(), recipe(requirements=own))
    assert "sentencepiece>=0.2" in lines
    assert [line for line in lines if line.startswith("torch==")] == ["torch==2.6.0"]


def test_a_slow_sentencepiece_tokenizer_brings_its_libraries() -> None:
    slow = SimpleNamespace(is_fast=False, vocab_files_names={"vocab_file": "spiece.model"})
    lines = requirements(parts(tokenizer=slow), recipe())
    assert any(line.startswith("protobuf==") for line in lines) == bool(installed("protobuf"))


@pytest.mark.parametrize(
    ("task", "decoder"),
    [
        ("video-classification", "av"),
        ("image-classification", "pillow"),
        ("automatic-speech-recognition", "imageio-ffmpeg"),
    ],
)
def test_a_task_brings_what_reads_its_files(task: str, decoder: str) -> None:
    lines = requirements(parts(task=get_task(task)), recipe(task=task))
    assert f"{decoder}=={installed(decoder)}" in lines


def test_a_task_brings_what_it_says_it_needs() -> None:
    needing = replace(TEXT, needs={"scipy": "scipy"})
    assert f"scipy=={installed('scipy')}" in requirements(parts(task=needing), recipe())
    assert not any(line.startswith("scipy") for line in requirements(parts(), recipe()))


def test_weights_that_are_spread_over_devices_bring_accelerate() -> None:
    line = f"accelerate=={installed('accelerate')}"
    assert line in requirements(parts(), recipe(model_config={"device": "map"}))
    assert line not in requirements(parts(), recipe(model_config={"device": "cpu"}))


@pytest.mark.parametrize(
    ("files", "declared", "said"),
    [
        ({"LICENSE": "the licence text"}, "mit", "the licence text"),
        ({}, "mit", "The licence declared for org/repo is: mit\n"),
        ({}, "", "org/repo declares no licence.\n"),
    ],
)
def test_the_licence_file_says_only_what_is_known(
    tmp_path: Path, files: dict[str, str], declared: str, said: str
) -> None:
    source, model = tmp_path / "source", tmp_path / "model"
    for folder in (source, model):
        folder.mkdir()
    for name, text in files.items():
        (source / name).write_text(text)
    (model / "LICENSE.txt").write_text("see https://example.invalid/no-such-page")
    checkpoint = Checkpoint(source, "local", "org/repo", license=declared)
    write_license(checkpoint, None, model)
    assert (model / "LICENSE.txt").read_text() == said


def test_a_card_is_read_from_the_checkpoint_and_a_missing_one_leaves_no_files(
    tmp_path: Path,
) -> None:
    checkpoint = Checkpoint(tmp_path, "local", "org/repo")
    for name in ("model_card.md", "model_card_data.yaml"):
        (tmp_path / name).write_text("")
    write_license(checkpoint, read_card(checkpoint), tmp_path)
    assert not list(tmp_path.glob("model_card*"))
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    card = read_card(checkpoint)
    assert card.data.license == "mit"
    assert "# A model" in card.text
