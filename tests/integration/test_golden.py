"""Golden answers beside a recipe: written on purpose, held to, and told by a review."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkpoints import causal_lm, classifier
from tests.conftest import Outcome
from tests.review.history import History

Cli = Callable[..., Outcome]
TEXTS = ["good", "bad"]


@pytest.fixture
def recipe(workspace: Path) -> Path:
    """A recipe of a classifier that has golden answers."""
    classifier(workspace / "clf")
    return write(workspace, "../clf")


def write(workspace: Path, source: str, **more: Any) -> Path:
    file = workspace / "recipes" / "mine.yaml"
    file.parent.mkdir(exist_ok=True)
    evaluation = {"inputs": TEXTS, "golden": True, "views": ["native", "pyfunc"], **more}
    fields = {"task": "text-classification", "source": {"kind": "local", "path": source}}
    file.write_text(yaml.safe_dump({**fields, "evaluation": evaluation}))
    return file


def test_answers_are_written_held_and_differ(workspace: Path, cli: Cli, recipe: Path) -> None:
    golden = recipe.with_name("mine.golden.jsonl")
    absent = cli("+recipe=mine", "tracking.uri=null")
    assert absent.code == 1
    assert "mine.golden.jsonl is not there; --update-golden" in " ".join(absent.stderr.split())
    done = cli("+recipe=mine", "tracking.uri=null", "--update-golden")
    assert done.code == 0, done.stderr
    lines = [json.loads(line) for line in golden.read_text().splitlines()]
    assert [line["input"] for line in lines] == TEXTS
    assert {*lines[0]["answer"]} == {"label", "score"}
    again = cli("+recipe=mine", "tracking.uri=null", "--output", "json")
    assert again.code == 0, again.stderr
    checks = [c for c in again.document["checks"] if c["name"] == "golden"]
    assert [(c["view"], c["outcome"]) for c in checks] == [("pyfunc", "passed")]

    lines[1]["answer"]["score"] *= 1 + 1e-7  # within the rounding of float32
    golden.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert cli("+recipe=mine", "tracking.uri=null").code == 0
    lines[1]["answer"]["score"] *= 1.01
    golden.write_text("".join(json.dumps(line) + "\n" for line in lines))
    other = cli("evaluate", "outputs/mine/default/model", "+recipe=mine", "tracking.uri=null")
    assert other.code == 1
    assert "input 1 is answered {'label'" in " ".join(other.stderr.split())
    for page in Path("outputs/mine/default/evaluated").glob("report.*"):
        assert "input 1 is answered" in page.read_text(), page
    write(workspace, "../clf", inputs=["good", "worse"])
    changed = cli("+recipe=mine", "tracking.uri=null")
    assert "is of other inputs" in " ".join(changed.stderr.split())


def test_what_is_no_file_of_answers_is_named(workspace: Path, cli: Cli, recipe: Path) -> None:
    golden = recipe.with_name("mine.golden.jsonl")
    golden.mkdir()
    done = cli("+recipe=mine", "tracking.uri=null")
    assert done.code == 1
    assert "mine.golden.jsonl cannot be read: Is a directory" in " ".join(done.stderr.split())
    golden.rmdir()
    golden.write_bytes(b"\xff\n")
    assert cli("+recipe=mine", "tracking.uri=null").code == 1
    assert cli("+recipe=mine", "tracking.uri=null", "--update-golden").code == 0
    assert [json.loads(line)["input"] for line in golden.read_text().splitlines()] == TEXTS


def test_golden_answers_are_those_of_the_recipe_as_it_is_written(
    workspace: Path, cli: Cli, recipe: Path
) -> None:
    done = cli("+recipe=mine", "dtype=bfloat16", "tracking.uri=null", "--update-golden")
    assert (done.code, "error[golden-refused]" in done.stderr) == (2, True)
    assert not recipe.with_name("mine.golden.jsonl").exists()
    assert cli("+recipe=mine", "tracking.uri=null", "--update-golden").code == 0
    coarser = cli("+recipe=mine", "dtype=bfloat16", "tracking.uri=null")
    assert coarser.code == 0, coarser.stderr


def test_texts_are_held_to_the_letter(workspace: Path, cli: Cli) -> None:
    causal_lm(workspace / "lm")
    file = write(workspace, "../lm")
    fields = yaml.safe_load(file.read_text())
    fields |= {"task": "text-generation", "params": {"max_new_tokens": 4}}
    fields["model_config"] = {"do_sample": False}
    file.write_text(yaml.safe_dump(fields))
    assert cli("+recipe=mine", "tracking.uri=null", "--update-golden").code == 0
    golden = file.with_name("mine.golden.jsonl")
    golden.write_text(golden.read_text().replace('"answer": "', '"answer": "x', 1))
    done = cli("+recipe=mine", "tracking.uri=null")
    assert done.code == 1
    assert "pyfunc golden: input 0 is answered" in " ".join(done.stderr.split())


def test_a_review_tells_them(
    workspace: Path, cli: Cli, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History.start(workspace / "acme")
    monkeypatch.chdir(history.folder)
    history.write("mine.yaml", recipe.read_text().replace("../clf", "/models/clf"))
    golden = history.folder / "recipes" / "mine.golden.jsonl"
    golden.write_text('{"input": "good", "answer": 1}\n')
    history.commit("golden")
    golden.write_text('{"input": "good", "answer": 2}\n')
    done = cli("review", "HEAD", "--output", "json")
    (one,) = done.document["recipes"]
    assert [change["rule"] for change in one["changes"]] == ["golden-changed"]
    assert one["files"] == ["recipes/mine.golden.jsonl"]
