"""Gates: whether what was measured allows the model to pass."""

from collections.abc import Iterator, Mapping
from math import inf
from typing import cast

from runner.evaluated import GateRecord, GateVerdict, ScoreRecord
from runner.recipe.language.evaluation import Evaluation
from runner.recipe.language.gates import Gate
from runner.statistics.deciding import Decision, Operator, decide, rows_needed
from runner.statistics.intervals import Interval


def judge(
    evaluation: Evaluation, scores: Mapping[str, ScoreRecord], measured: Mapping[str, ScoreRecord]
) -> Iterator[GateRecord]:
    """Judge every gate of a recipe.

    Args:
        evaluation: Its evaluation.
        scores: The metrics, by the name that gates have for them.
        measured: What was measured beside them, by name.

    Yields:
        Each gate, with its verdict.
    """
    for name, gate in evaluation.conditions.items():
        condition = evaluation.gates[name].strip()
        score = {**scores, **measured}.get(name)
        if score is None or score.value is None:
            yield GateRecord(
                name=name,
                condition=condition,
                verdict=GateVerdict.FAILED,
                message=_nothing(name, score, scores),
            )
        else:
            yield _judged(name, condition, gate, score, score.value)


def _judged(name: str, condition: str, gate: Gate, score: ScoreRecord, value: float) -> GateRecord:
    low = -inf if score.low is None else score.low
    high = inf if score.high is None else score.high
    interval = Interval(low, high)
    decision = decide(interval, cast(Operator, gate.order), gate.bound)
    return GateRecord(
        name=name,
        condition=condition,
        value=value,
        low=score.low,
        high=score.high,
        verdict=GateVerdict(decision.value),
        message=_why(decision, gate, score, value, interval),
    )


def _why(
    decision: Decision, gate: Gate, score: ScoreRecord, value: float, interval: Interval
) -> str:
    if decision is Decision.PASSED:
        return ""
    if decision is Decision.FAILED:
        return "all of its interval is on the wrong side"
    needed = rows_needed(value, interval, gate.bound, score.rows)
    if needed is None:
        return f"{score.rows} rows do not decide it"
    return f"{score.rows} rows do not decide it; about {needed:,} would, if it stays what it is"


def _nothing(name: str, score: ScoreRecord | None, scores: Mapping[str, ScoreRecord]) -> str:
    if score is not None:
        return f"it is not defined on these {score.rows} rows"
    key, _, rest = name.partition(".")
    there = [other.partition(".")[2] for other in scores if other.startswith(f"{key}.")]
    head = rest.rpartition(".")[0]
    alike = [other.rpartition(".")[2] for other in there if other.rpartition(".")[0] == head]
    known = f"; there are {', '.join(alike)}" if alike else ""
    return f"nothing of that name was measured{known}"
