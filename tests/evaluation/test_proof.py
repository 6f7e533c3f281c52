"""The proof itself: what it fails a model for, and what it does not hide."""

import gc
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runner.evaluation import outputs as answers
from runner.evaluation import proof
from runner.recipe.language.models import Recipe
from runner.records import Outcome, Verdict

Answer = Callable[[str, Mapping[str, Any]], str]


class Loaded:
    """A model that answers as it is told."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def predict(self, inputs: Sequence[Any], params: Mapping[str, Any] | None = None) -> Any:
        return [self._answer(row, params or {}) for row in inputs]


def proven(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> proof.Proof:
    """Prove a model that answers as it is told."""

    @contextmanager
    def open_view(*_: Any) -> Generator[Loaded]:
        yield Loaded(answer)

    monkeypatch.setattr(proof, "open_view", open_view)
    recipe = Recipe.model_validate(
        {
            "task": "text-generation",
            "source": {"kind": "scratch", "architecture": "gpt2"},
            "params": {"temperature": {"type": "double", "default": 0.5}},
            "evaluation": {"views": ["pyfunc"]},
        }
    )
    return proof.prove(recipe, ["a", "b"], Path("model"))


def outcomes(found: proof.Proof) -> dict[str, Outcome]:
    return {check.name: check.outcome for check in found.checks}


def test_a_model_whose_default_is_another_than_declared_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = proven(monkeypatch, lambda row, params: f"{row} at {params.get('temperature', 0.7)}")
    assert outcomes(found)["params"] is Outcome.FAILED
    assert found.verdict is Verdict.FAILED


def test_a_model_that_refuses_a_declared_param_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(row: str, params: Mapping[str, Any]) -> str:
        if params:
            raise ValueError("no such param")
        return row

    found = proven(monkeypatch, answer)
    (check,) = [check for check in found.checks if check.name == "params"]
    assert check.outcome is Outcome.FAILED
    assert "predict with temperature raised ValueError: no such param" in check.message


def test_a_model_that_keeps_to_its_defaults_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = proven(monkeypatch, lambda row, params: f"{row} at {params.get('temperature', 0.5)}")
    assert outcomes(found)["params"] is Outcome.PASSED
    assert found.verdict is Verdict.PASSED


def test_a_mistake_of_ours_is_no_failed_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> list[Any]:
        raise NameError("a mistake of ours")

    monkeypatch.setattr(answers, "as_rows", broken)
    before = gc.get_freeze_count(), dict(os.environ)
    with pytest.raises(NameError, match="a mistake of ours"):
        proven(monkeypatch, lambda row, _: row)
    assert (gc.get_freeze_count(), dict(os.environ)) == before
