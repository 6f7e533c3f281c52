"""Expectations of every kind, held against every view; what a view does wrong is a failed check."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.models import Model

from runner.evaluation import proof as proving
from runner.evaluation.proof import Proof, prove
from runner.recipe.language.models import Recipe
from runner.records import Outcome, Verdict

VIEWS = ["native", "pyfunc", "server"]
TWO = ["My dog", "My cat"]
VECTORS = [np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[0.6, 0.8]])]
LABELS = [{"label": "POSITIVE", "score": 0.9}, {"label": "NEGATIVE", "score": 0.75}]


class Answers:
    """A view that gives what it was told to, however often it is asked."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.rows = dict(zip(TWO, rows, strict=True))

    def predict(self, inputs: Sequence[Any], params: Mapping[str, Any] | None = None) -> Any:
        found = [self.rows[one] for one in inputs]
        table = all(isinstance(row, dict) for row in found)
        return pd.DataFrame(found) if table else found


def proven(
    monkeypatch: pytest.MonkeyPatch,
    task: str,
    rows: Sequence[Any] | Exception,
    expect: list[dict[str, Any]],
    **recipe: Any,
) -> Proof:
    """Prove a model that answers with these rows, seen all three ways."""

    @contextmanager
    def opened(*_: object) -> Iterator[Answers]:
        if isinstance(rows, Exception):
            raise rows
        yield Answers(rows)

    monkeypatch.setattr(proving, "open_view", opened)
    whole = {
        "task": task,
        "source": {"kind": "scratch", "architecture": "bert"},
        "evaluation": {"views": VIEWS, "inputs": TWO, "expect": expect},
        **recipe,
    }
    return prove(Recipe.model_validate(whole), TWO, Path(), "cpu")


def found(proof: Proof, name: str = "expect[0]") -> list[tuple[str, str, str]]:
    """Give view, outcome and message of every check of a name."""
    return [(c.view, c.outcome.value, c.message) for c in proof.checks if c.name == name]


@pytest.mark.parametrize("view", [None, *VIEWS])
@pytest.mark.parametrize(
    ("condition", "met", "why"),
    [
        ({"equals": "a dog"}, "a dog", "'a cat' is not 'a dog'"),
        ({"contains": "dog"}, "my dog", "'a cat' does not contain 'dog'"),
        ({"regex": "^a d.g$"}, "a dog", "'a cat' does not match /^a d.g$/"),
    ],
)
def test_a_text_is_held_to_what_is_expected_of_it(
    monkeypatch: pytest.MonkeyPatch,
    view: str | None,
    condition: dict[str, Any],
    met: str,
    why: str,
) -> None:
    expect = [{**condition, "input": 0, "view": view}]
    looked_at = [v for v in VIEWS if view in (None, v)]
    passed = proven(monkeypatch, "fill-mask", [met, "no"], expect)
    assert found(passed) == [(v, "passed", "") for v in looked_at]
    failed = proven(monkeypatch, "fill-mask", ["a cat", met], expect)
    assert found(failed) == [(v, "failed", f"output 0: {why}") for v in looked_at]
    assert failed.verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("condition", "outcomes"),
    [
        ({"column": "label", "equals": "POSITIVE"}, ["passed", "failed"]),
        ({"column": "score", "approx": 0.75}, ["failed", "passed"]),
        ({"column": "score", "approx": 0.8, "tolerance": 0.11}, ["passed", "passed"]),
        ({"column": "label", "equals": "NEGATIVE", "input": 1}, ["passed"]),
    ],
)
def test_a_table_is_held_to_what_is_expected_of_its_columns(
    monkeypatch: pytest.MonkeyPatch, condition: dict[str, Any], outcomes: list[str]
) -> None:
    proof = proven(monkeypatch, "text-classification", LABELS, [condition])
    assert [outcome for _, outcome, _ in found(proof)] == outcomes * len(VIEWS)
    assert proof.verdict is (Verdict.FAILED if "failed" in outcomes else Verdict.PASSED)


@pytest.mark.parametrize(
    ("bounds", "problem"),
    [
        ({"above": 0.5, "below": 0.7}, ""),
        ({"above": 0.6}, "the cosine is 0.600, not above 0.6"),
        ({"below": 0.6}, "the cosine is 0.600, not below 0.6"),
    ],
)
def test_two_embeddings_are_as_alike_as_expected(
    monkeypatch: pytest.MonkeyPatch, bounds: dict[str, float], problem: str
) -> None:
    pooled = [VECTORS[0][0], VECTORS[1][0]]
    expect = [{"input": 0, "similar_to": 1, **bounds}]
    proof = proven(monkeypatch, "feature-extraction", pooled, expect, params={"pooling": "mean"})
    outcome = ("failed", problem) if problem else ("passed", "cosine 0.600")
    assert [rest for _, *rest in found(proof)] == [list(outcome)] * len(VIEWS)
    assert proof.metrics == {"similarity_0_1": 0.6}


def test_mlflows_own_code_is_not_asked_how_alike_two_embeddings_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expect = [{"input": 0, "similar_to": 1, "above": 0.5}]
    proof = proven(monkeypatch, "feature-extraction", VECTORS, expect, pyfunc="mlflow")
    assert [view for view, *_ in found(proof)] == ["native"]


def test_a_model_that_does_not_load_fails_on_every_view(monkeypatch: pytest.MonkeyPatch) -> None:
    proof = proven(monkeypatch, "fill-mask", OSError("no weights"), [{"equals": "a"}])
    assert [(c.name, c.view, c.outcome) for c in proof.checks] == [
        ("loads", view, Outcome.FAILED) for view in VIEWS
    ]
    assert all("it does not load: " in c.message for c in proof.checks)
    assert all("no weights" in c.message for c in proof.checks)
    assert proof.verdict is Verdict.FAILED


def test_a_model_that_raises_is_not_held_to_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(*_: object) -> None:
        raise ValueError("too long")

    monkeypatch.setattr(Answers, "predict", raising)
    proof = proven(monkeypatch, "fill-mask", ["a", "b"], [{"equals": "a"}])
    assert [c.name for c in proof.checks] == ["loads", "runs"] * len(VIEWS)
    assert [c.message for c in proof.checks if c.name == "runs"] == [
        "predict raised ValueError: too long"
    ] * len(VIEWS)
    assert proof.views == []


def test_an_answer_too_few_is_a_failed_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Answers, "predict", lambda *_: ["one"])
    proof = proven(monkeypatch, "fill-mask", ["a", "b"], [])
    assert found(proof, "rows") == [(view, "failed", "2 rows are wanted, 1 came") for view in VIEWS]


def test_nothing_looked_at_is_unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = {"evaluation": {"views": [], "inputs": TWO}}
    proof = proven(monkeypatch, "fill-mask", ["a", "b"], [], **nothing)
    assert proof.verdict is Verdict.UNPROVEN


@pytest.mark.parametrize(
    ("there", "problem"),
    [
        (0.9001, ""),
        (0.91, "row 1: {'label': 'NO', 'score': 0.91} there, {'label': 'NO', 'score': 0.9} here"),
    ],
)
def test_an_environment_of_its_own_answers_what_is_answered_here(
    monkeypatch: pytest.MonkeyPatch, there: float, problem: str
) -> None:
    scores = {"pyfunc": 0.9, "isolated": there}

    @contextmanager
    def opened(name: str, *_: object) -> Iterator[Answers]:
        yield Answers([LABELS[0], {"label": "NO", "score": scores[name]}])

    monkeypatch.setattr(proving, "open_view", opened)
    Model(flavors={"transformers": {"torch_dtype": "torch.float16"}}).save("MLmodel")
    whole = {
        "task": "text-classification",
        "source": {"kind": "scratch", "architecture": "bert"},
        "evaluation": {"views": ["pyfunc", "isolated"], "inputs": TWO},
    }
    proof = prove(Recipe.model_validate(whole), TWO, Path(), "cpu")
    outcome = "failed" if problem else "passed"
    assert found(proof, "same") == [("isolated", outcome, problem)]
