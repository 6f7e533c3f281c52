"""What is wrong with a row is said before anything is made that would be asked about it."""

import json
from pathlib import Path
from typing import Any

import pytest

from runner import compose
from runner.datasets import DataError
from runner.work.on_data import check_rows, plan_data
from tests.conftest import Outcome

RIGHT: dict[str, Any] = {"text": "a", "label": "LABEL_0"}
IMAGES = {"task": "image-classification", "source": {"kind": "scratch", "architecture": "vit"}}
BARE = {"inputs": "image"}
PICTURE = {"image": "there.png", "label": "LABEL_0"}
SPEECH = {
    "task": "automatic-speech-recognition",
    "source": {"kind": "scratch", "architecture": "wav2vec2"},
}
VECTORS = {"task": "feature-extraction", "source": {"kind": "scratch", "architecture": "bert"}}
TEXTS = {"task": "text-generation", "source": {"kind": "scratch", "architecture": "gpt2"}}
QA = {"task": "question-answering", "source": {"kind": "scratch", "architecture": "bert"}}
ENTITIES = {"task": "token-classification", "source": {"kind": "scratch", "architecture": "bert"}}
SPAN = {"start": 2, "end": 3, "label": "X"}
DETECTION = {"task": "object-detection", "source": {"kind": "scratch", "architecture": "yolos"}}
CORPUS = {"corpus": {"rows": [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}], "id": "id"}}


def written(rows: list[Any], recipe: dict[str, Any], metric: str, **block: Any) -> str:
    Path("rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    of_data = {"path": "rows.jsonl", "target": "label", **block}
    found = {**recipe, "evaluation": {"dataset": of_data, "metrics": [metric]}}
    Path("mine.yaml").write_text(json.dumps(found))
    return "mine.yaml"


@pytest.mark.parametrize(
    ("recipe", "metric", "block", "good", "wrong", "said"),
    [
        ({}, "accuracy", {}, RIGHT, {**RIGHT, "text": 5}, "the input is the number 5, not text"),
        ({}, "accuracy", {}, RIGHT, {**RIGHT, "text": ["a"]}, "the input is a list, not text"),
        ({}, "accuracy", {}, RIGHT, {**RIGHT, "text": {"x": 1}}, "the input is a mapping, not"),
        (IMAGES, "accuracy", BARE, PICTURE, {**PICTURE, "image": "gone.png"}, "there is no file"),
        (IMAGES, "accuracy", BARE, PICTURE, {**PICTURE, "image": "x" * 5000}, "there is no file"),
        (SPEECH, "wer", {"inputs": "audio"}, {"audio": "there.png", "label": "a"},
         {"audio": "gone.wav", "label": "a"}, "there is no file"),
        (QA, "exact_match", {}, {"question": "a", "context": "b", "label": "b"},
         {"question": "a", "context": 1, "label": "b"}, "the input has the number 1 for `context`"),
        (VECTORS, "pearson", {}, {"first": "a", "second": "b", "label": 1},
         {"first": "a", "second": 2, "label": 1}, "the input is the number 2, not text"),
        (VECTORS, "mrr", CORPUS, {"query": "q", "label": "a"}, {"query": "q", "label": "c"},
         "the corpus has no entry c"),
        (TEXTS, "accuracy", {"inputs": {"prompt": "prompt", "choices": "choices"}},
         {"prompt": "a", "choices": ["b", "c"], "label": "b"},
         {"prompt": "a", "choices": ["b"], "label": "b"}, "two or more choices are wanted"),
        ({}, "accuracy", {}, RIGHT, {**RIGHT, "label": 0.5}, "a label is wanted, not the number"),
        ({}, "f1_macro", {}, RIGHT, {**RIGHT, "label": ["a", "b"]}, "one right label is wanted"),
        (VECTORS, "pearson", {}, {"first": "a", "second": "b", "label": "1.5"},
         {"first": "a", "second": "b", "label": "abc"}, "the target 'abc' is no number"),
        (QA, "exact_match", {}, {"question": "a", "context": "b", "label": {"text": ["b"]}},
         {"question": "a", "context": "b", "label": 5}, "a text is wanted, not the number 5"),
        (TEXTS, "bleu", {}, {"text": "a", "label": ["b", "c"]}, {"text": "a", "label": []},
         "a text is wanted, and the list is empty"),
        (ENTITIES, "entity_f1", {}, {"text": "a b", "label": [SPAN]},
         {"text": "a b", "label": [{**SPAN, "end": 0}]}, "the target has an entity from 2 to 0"),
        (ENTITIES, "entity_f1", {}, {"text": "a b", "label": json.dumps([SPAN])},
         {"text": "a b", "label": [SPAN, {**SPAN, "end": 4}]},
         "the target has an entity that ends at 4, and the text has 3 characters"),
        ({}, "accuracy", {}, {**RIGHT, "label": ["a", "b"]}, {**RIGHT, "label": []},
         "a label is wanted, and the list is empty"),
        (DETECTION, "map", BARE, {"image": "there.png", "label": "[]"},
         {"image": "there.png", "label": "[1"}, "the target is no JSON"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_asked_about_is_told_by_run_and_plan(
    workspace: Path, recipe: dict[str, Any], metric: str, block: dict[str, Any], good: Any,
    wrong: Any, said: str,
) -> None:  # fmt: skip
    recipe = recipe or {**QA, "task": "text-classification"}
    (workspace / "there.png").write_bytes(b"")
    asked = compose(written([good, good], recipe, metric, **block), "tracking.uri=null")
    assert check_rows(asked) == 2
    asked = compose(written([good, wrong, good], recipe, metric, **block), "tracking.uri=null")
    for look in (check_rows, lambda asked: plan_data(asked, workspace)):
        with pytest.raises(DataError, match=f"row 2: {said}"):
            look(asked)


def test_an_entry_of_a_corpus_is_looked_at_too(workspace: Path) -> None:
    rows = [{"id": "a", "text": "A"}, {"id": "b", "text": 2}]
    query = {"query": "q", "label": "a"}
    asked = compose(written([query], VECTORS, "mrr", corpus={"rows": rows, "id": "id"}))
    with pytest.raises(DataError, match="the input is the number 2, not text"):
        check_rows(asked)


def test_nothing_is_packaged_for_rows_that_cannot_be_asked_about(
    cli: type[Outcome], workspace: Path
) -> None:
    recipe = written([{**RIGHT, "text": 5}], {**QA, "task": "text-classification"}, "accuracy")
    done = cli(f"./{recipe}", "tracking.uri=null")
    assert (done.code, "rows.jsonl, row 1: the input is the number 5" in done.stderr) == (3, True)
    assert not (workspace / "outputs/mine/default/model").exists()
