"""Gates: what was measured, held to what must hold, and what is said of those that do not pass."""

from typing import Any

import pytest

from runner.evaluated import DataRecord, EvaluationRecord, GateRecord, ScoreRecord, Verdict
from runner.evaluation.gates import judge
from runner.recipe.language.evaluation import Evaluation

ACCURACY = ScoreRecord(name="accuracy", value=0.9, low=0.86, high=0.93, rows=100)


def judged(condition: str, name: str = "accuracy", **scores: ScoreRecord) -> GateRecord:
    """Judge one gate."""
    evaluation = Evaluation.model_validate({"gates": {name: condition}})
    (gate,) = judge(evaluation, {"accuracy": ACCURACY, **scores}, {})
    return gate


@pytest.mark.parametrize(
    ("condition", "verdict", "message"),
    [
        (" >= 0.86 ", "passed", ""),
        (">= 0.95", "failed", "all of its interval is on the wrong side"),
        ("< 0.9", "undecided", "100 rows do not decide it"),
        (
            ">= 0.88",
            "undecided",
            "100 rows do not decide it; about 400 would, if it stays what it is",
        ),
    ],
)
def test_a_gate_is_held_to_the_whole_interval(condition: str, verdict: str, message: str) -> None:
    assert judged(condition) == GateRecord(
        name="accuracy",
        condition=condition.strip(),
        value=0.9,
        low=0.86,
        high=0.93,
        verdict=verdict,
        message=message,
    )


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(None, 0.6, "undecided"), (0.4, None, "undecided"), (0.5, None, "passed")],
)
def test_an_end_of_which_nothing_is_known_may_be_anywhere(
    low: float | None, high: float | None, verdict: str
) -> None:
    score = ScoreRecord(name="accuracy", value=0.55, low=low, high=high, rows=9)
    assert judged(">= 0.5", accuracy=score).verdict == verdict


def test_one_row_is_a_row() -> None:
    score = ScoreRecord(name="accuracy", value=0, low=0, high=0.8, rows=1)
    said = judged(">= 0.5", accuracy=score).message
    assert said.startswith("1 row does not decide it; about ")


def test_what_is_measured_beside_the_metrics_is_judged_too() -> None:
    evaluation = Evaluation.model_validate({"gates": {"size_bytes": "< 10"}})
    size = ScoreRecord(name="size_bytes", value=9, low=9, high=9, rows=1)
    (gate,) = judge(evaluation, {}, {"size_bytes": size})
    assert gate.verdict == "passed"


SLICED = {
    f"accuracy.slices.lang.{language}": ScoreRecord(name=language, value=1, rows=1)
    for language in ("de", "en")
}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("accuracy.slices.lang.fr", "nothing of that name was measured; there are de, en"),
        ("accuracy.slices.size.s", "nothing of that name was measured"),
        ("wer", "nothing of that name was measured"),
        ("f1", "it is not defined on these 7 rows"),
    ],
)
def test_what_was_not_measured_fails(name: str, message: str) -> None:
    undefined = ScoreRecord(name="f1", value=None, rows=7)
    gate = judged("> 0", name, f1=undefined, **SLICED)
    assert (gate.name, gate.condition, gate.verdict) == (name, "> 0", "failed")
    assert (gate.value, gate.message) == (None, message)


@pytest.mark.parametrize(
    ("gates", "scores", "of_proof", "verdict"),
    [
        (["passed"], [0.5], "passed", "passed"),
        (["passed"], [0.5], "unproven", "passed"),
        ([], [0.5], "unproven", "unproven"),
        (["passed"], [0.5], "failed", "failed"),
        (["passed", "undecided"], [0.5], "passed", "undecided"),
        (["undecided", "failed"], [0.5], "passed", "failed"),
        (["passed"], [0.5, None], "passed", "failed"),
    ],
)
def test_the_verdict_is_that_of_the_proof_and_of_the_worst_gate(
    gates: list[str], scores: list[float | None], of_proof: str, verdict: str
) -> None:
    found: dict[str, Any] = {
        "scores": [ScoreRecord(name="a", value=value, rows=1) for value in scores],
        "gates": [GateRecord(name="a", condition="> 0", verdict=one) for one in gates],
    }
    record = EvaluationRecord(data=DataRecord(name="", sha256="", rows=1), **found)
    assert Verdict(of_proof).with_gates(record) == verdict


def test_a_slice_that_is_not_defined_fails_nothing_that_no_gate_is_about() -> None:
    scores = [ACCURACY, ScoreRecord(name="accuracy.slices.lang.de", value=None, rows=0)]
    record = EvaluationRecord(data=DataRecord(name="", sha256="", rows=1), scores=scores)
    assert record.verdict == "passed"
    assert record.numbers == {"accuracy": 0.9}
