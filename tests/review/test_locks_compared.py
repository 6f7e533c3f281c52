"""What two locks of one recipe say of its model, and what of that a review tells."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from runner.review.compare import compare
from runner.review.rules import ABSENT
from tests.review.history import lock
from tests.review.versions import LABELLED, version

Said = tuple[str, str, Any, Any, str]
Edit = Callable[[dict[str, Any]], Any]
SOURCE = {"kind": "hub", "repo": "acme/sentiment", "revision": "v3"}
RECIPE: dict[str, Any] = {**LABELLED, "source": SOURCE}


def part(commit: str = "5" * 40, **files: str) -> dict[str, Any]:
    """Give a part of a lock."""
    listed = {
        name.replace("_", "."): {"sha256": digit * 64, "size": 7} for name, digit in files.items()
    }
    return {"kind": "hub", "name": "a/b", "revision": "main", "commit": commit, "files": listed}


def shown(digit: str) -> str:
    """Give a file of such a part as it is shown."""
    return f"{digit * 12} 7 B"


def result(**values: Any) -> Edit:
    """Give an edit of the result of a lock."""
    return lambda written: written["result"].update(values)


CASES: dict[str, tuple[Edit, Edit, list[Said]]] = {
    "nothing but the recipe": (
        lambda _: None, lambda written: written.update(recipe=f"sha256:{'9' * 64}"), []),
    "a class": (
        lambda _: None, lambda written: written["model"].update({"class": "RobertaModel"}),
        [("class-changed", "lock.model.class", "BertForSequenceClassification", "RobertaModel",
          "")]),
    "a dtype": (
        lambda _: None, lambda written: written["model"].update(dtype="float32"),
        [("locked-dtype", "lock.model.dtype", "bfloat16", "float32", "")]),
    "a part that comes, which is the recipe's": (
        lambda _: None, lambda written: written["parts"].update(tokenizer=part(a_json="a")), []),
    "a part that goes, which is the recipe's": (
        lambda written: written["parts"].update(tokenizer=part(a_json="a")), lambda _: None, []),
    "a file that comes": (
        lambda written: written["parts"].update(tokenizer=part(a_json="a")),
        lambda written: written["parts"].update(tokenizer=part(a_json="b", b_json="c")),
        [("files-changed", "lock.parts.tokenizer.files",
          {"a.json": shown("a"), "b.json": "absent"},
          {"a.json": shown("b"), "b.json": shown("c")},
          "2 files")]),
    "a commit of the same files": (
        lambda written: written["parts"].update(tokenizer=part(a_json="a")),
        lambda written: written["parts"].update(tokenizer=part("6" * 40, a_json="a")),
        [("source-restated", "lock.parts.tokenizer.commit", "5" * 12, "6" * 12, "")]),
    "a metric that comes": (
        result(metrics={}), result(metrics={"f1": 0.5}),
        [("metric-set", "lock.result.metrics.f1", ABSENT, 0.5, "")]),
    "a metric that goes": (
        result(metrics={"f1": 0.5}), result(metrics={}),
        [("metric-set", "lock.result.metrics.f1", 0.5, ABSENT, "")]),
    "a metric that moves": (
        result(metrics={"f1": 0.5}), result(metrics={"f1": 0.4}),
        [("metric-moved", "lock.result.metrics.f1", 0.5, 0.4, "-0.1 (-20.0%)")]),
    "a metric that moves from nothing": (
        result(metrics={"f1": 0.0}), result(metrics={"f1": 0.4}),
        [("metric-moved", "lock.result.metrics.f1", 0.0, 0.4, "+0.4")]),
    "a verdict that is lost": (
        lambda _: None, result(verdict="failed"),
        [("verdict-lost", "lock.result.verdict", "passed", "failed", "")]),
    "a verdict that is gained": (
        result(verdict="failed"), lambda _: None,
        [("verdict-gained", "lock.result.verdict", "failed", "passed", "")]),
    "a verdict that is as good": (lambda _: None, result(verdict="proven"), []),
    "a verdict that is as bad": (result(verdict="failed"), result(verdict="unproven"), []),
    "a score without an interval": (
        result(scores={"f1": {"value": 0.5, "low": None, "high": None, "rows": 9}}),
        result(scores={"f1": {"value": 0.4, "low": 0.3, "high": 0.6, "rows": 9}}),
        [("metric-moved", "lock.result.scores.f1", "0.5", "0.4 (0.3 to 0.6)", "-0.1")]),
    "a score that comes": (
        lambda _: None,
        result(scores={"f1": {"value": 0.4, "low": 0.3, "high": 0.6, "rows": 9}}),
        [("metric-set", "lock.result.scores.f1", ABSENT, "0.4 (0.3 to 0.6)", "")]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_difference_between_locks_says_its_field_and_both_values(name: str) -> None:
    before, after, said = CASES[name]
    sides = []
    for edit in (before, after):
        written = yaml.safe_load(lock())
        edit(written)
        sides.append(version(RECIPE, yaml.safe_dump(written)))
    found = [change for change in compare(*sides) if change.rule != "lock-stale"]
    assert [(c.rule, c.field, c.before, c.after, c.detail) for c in found] == said
