"""Inputs longer than the model, in every view: the same answers, and it is said which were cut."""

import json
from pathlib import Path
from typing import Any

import mlflow
import pytest
import yaml
from mlflow.exceptions import MlflowException

from runner.recipe.compose import compose
from runner.records import RunRecord
from runner.work.run import run
from tests.checkpoints import build

LONG = "My dog eats what is good for it and then goes out to see the other dogs. " * 9
BRIEF = "My dog eats."
SIZE = {"max_position_embeddings": 48}
NEW = {"max_new_tokens": 8, "do_sample": False}
WITHOUT_LIMIT = [
    ("text-classification", "bert", SIZE, {}),
    ("text-classification", "roberta", SIZE, {}),
    ("token-classification", "bert", SIZE, {}),
    ("token-classification", "bert", SIZE, {"aggregation_strategy": "simple"}),
    ("feature-extraction", "bert", SIZE, {}),
    ("text2text-generation", "bart", SIZE, {**NEW, "num_beams": 1}),
    ("text-generation", "gpt2", {"n_positions": 48}, NEW),
    ("text-generation", "llama", SIZE, NEW),
]


def ran(
    workspace: Path, task: str, architecture: str, config: dict[str, Any], **recipe: Any
) -> RunRecord:
    """Package and prove a model whose tokenizer knows no limit."""
    labels = ["NEGATIVE", "POSITIVE"] if task.endswith("classification") else None
    folder = build(workspace / "source", task, architecture, config, labels)
    rewrite(folder / "tokenizer_config.json", {"model_max_length": 1e30})
    return proven(workspace, task, **recipe)


def rewrite(file: Path, fields: dict[str, Any]) -> None:
    """Set fields of a JSON file."""
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))


def proven(workspace: Path, task: str, **recipe: Any) -> RunRecord:
    """Package and prove the checkpoint in the folder ``source``."""
    whole = {"task": task, "source": {"kind": "local", "path": "../source"}, **recipe}
    (workspace / "recipes").mkdir(exist_ok=True)
    (workspace / "recipes" / "mine.yaml").write_text(yaml.safe_dump(whole))
    return run(compose(["+recipe=mine", "tracking.uri=null"]), workspace / "out", "default")


@pytest.mark.parametrize(("task", "architecture", "config", "arguments"), WITHOUT_LIMIT)
def test_the_positions_are_the_limit_in_every_view(
    task: str,
    architecture: str,
    config: dict[str, Any],
    arguments: dict[str, Any],
    workspace: Path,
) -> None:
    evaluation = {"inputs": [BRIEF, LONG], "views": ["source", "native", "pyfunc", "server"]}
    record = ran(
        workspace, task, architecture, config, model_config=arguments, evaluation=evaluation
    )
    assert record.verdict == "passed", record.failed_checks
    said = {check.view: check.message for check in record.checks if check.name == "length"}
    if "aggregation_strategy" in arguments:  # looked at through windows: nothing is cut
        assert said == {}
        return
    assert said.keys() == {"native", "pyfunc", "server"}
    most = 47 if architecture == "roberta" else 48  # it counts from its padding's number on
    for message in said.values():
        assert message.startswith("row 1 has ")
        assert message.endswith(f"; the model takes {most}: cut")
    held = {c.view: c.outcome for c in record.checks if c.name == "source"}
    assert held["native"] == "passed"


def test_a_refused_row_fails_every_view_in_the_same_words(workspace: Path) -> None:
    evaluation = {
        "inputs": [BRIEF, LONG],
        "views": ["native", "pyfunc", "server"],
        "truncation": "error",
    }
    record = ran(workspace, "text-classification", "bert", SIZE, evaluation=evaluation)
    assert record.verdict == "failed"
    failed = {check.view: check.message for check in record.checks if check.name == "runs"}
    assert failed.keys() == {"native", "pyfunc", "server"}
    for message in failed.values():
        assert "row 1 has " in message
        assert "the model takes 48" in message
    assert "answers 400" in failed["server"]


def test_relative_positions_have_no_end(workspace: Path) -> None:
    evaluation = {"inputs": [LONG], "views": ["pyfunc"], "truncation": "error"}
    arguments = {**NEW, "num_beams": 1}
    build(workspace / "source", "text2text-generation", "t5", {})
    config = {"n_positions": 16}  # as t5-small's file says, which its model never reads
    rewrite(workspace / "source" / "config.json", config)
    rewrite(workspace / "source" / "tokenizer_config.json", {"model_max_length": 1e30})
    record = proven(
        workspace, "text2text-generation", model_config=arguments, evaluation=evaluation
    )
    assert record.verdict == "passed", record.failed_checks


def test_room_for_what_is_written_counts(workspace: Path) -> None:
    config = {"n_positions": 48}
    evaluation = {"views": [], "truncation": "error"}
    params = {"max_new_tokens": 4}
    record = ran(
        workspace, "text-generation", "gpt2", config, model_config={"do_sample": False},
        params=params, evaluation=evaluation,
    )  # fmt: skip
    model = mlflow.pyfunc.load_model(record.model)
    assert len(model.predict([BRIEF])) == 1
    with pytest.raises(MlflowException, match="and 60 new ones are wanted; the model takes 48"):
        model.predict([BRIEF], params={"max_new_tokens": 60})
    loose = mlflow.pyfunc.load_model(record.model, model_config={"truncation": "warn"})
    assert len(loose.predict([BRIEF], params={"max_new_tokens": 60})) == 1
