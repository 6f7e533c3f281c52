"""Gates: whether what was measured allows the model to pass."""

from collections.abc import Iterator, Mapping
from math import inf
from typing import cast

from runner.evaluated import ComparisonRecord, GateRecord, GateVerdict, ScoreRecord
from runner.recipe.language.evaluation import Evaluation
from runner.recipe.language.gates import Gate
from runner.statistics.deciding import Decision, Operator, decide, rows_needed
from runner.statistics.intervals import Interval
from runner.text.wording import counted, figure
from runner.text.wording import interval as told

_NO_OTHER = "there is no champion yet, or this model is it"


def judge(
    evaluation: Evaluation,
    scores: Mapping[str, ScoreRecord],
    measured: Mapping[str, ScoreRecord],
    compared: Mapping[str, ComparisonRecord] | None = None,
) -> Iterator[GateRecord]:
    """Judge every gate of a recipe.

    Args:
        evaluation: Its evaluation.
        scores: The metrics, by the name that gates have for them.
        measured: What was measured beside them, by name.
        compared: What gates hold to another model, beside that model's, by name; it lacks what
            there is nothing to compare with yet.

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
        elif gate.other:
            yield _held_to_another(name, condition, gate, score, (compared or {}).get(name))
        else:
            yield _judged(name, condition, gate, score, score.value)


def _held_to_another(
    name: str, condition: str, gate: Gate, score: ScoreRecord, beside: ComparisonRecord | None
) -> GateRecord:
    whom = "the champion" if gate.of_champion else gate.other
    judged = GateRecord(
        name=name,
        condition=condition,
        value=score.value,
        low=score.low,
        high=score.high,
        verdict=GateVerdict.PASSED,
        message=_NO_OTHER if gate.of_champion else f"this is {gate.other} itself",
        comparison=beside,
    )
    if beside is None:
        return judged
    if beside.value is None or beside.effect is None:
        message = f"that of {whom} is not defined on {beside.rows} rows"
        return judged.model_copy(update={"verdict": GateVerdict.FAILED, "message": message})
    interval = _interval(beside.low, beside.high)
    decision = decide(interval, cast(Operator, gate.order), gate.bound)
    said = (
        f"{whom} has {figure(beside.value)} on {counted(beside.rows, 'row')}: "
        f"a difference of {beside.effect:+.4g} ({told(beside.low, beside.high)})"
        + ("" if beside.p is None else f", p {beside.p:.2g}")
    )
    why = _why(decision, gate.bound, beside.rows, beside.effect, interval)
    message = f"{said}; {why}" if why else said
    return judged.model_copy(update={"verdict": GateVerdict(decision.value), "message": message})


def _interval(low: float | None, high: float | None) -> Interval:
    return Interval(-inf if low is None else low, inf if high is None else high)


def _judged(name: str, condition: str, gate: Gate, score: ScoreRecord, value: float) -> GateRecord:
    interval = _interval(score.low, score.high)
    decision = decide(interval, cast(Operator, gate.order), gate.bound)
    return GateRecord(
        name=name,
        condition=condition,
        value=value,
        low=score.low,
        high=score.high,
        verdict=GateVerdict(decision.value),
        message=_why(decision, gate.bound, score.rows, value, interval),
    )


def _why(decision: Decision, bound: float, rows: int, value: float, interval: Interval) -> str:
    if decision is Decision.PASSED:
        return ""
    if decision is Decision.FAILED:
        return "all of its interval is on the wrong side"
    needed = rows_needed(value, interval, bound, rows)
    few = "1 row does not decide it" if rows == 1 else f"{rows} rows do not decide it"
    if needed is None:
        return few
    return f"{few}; about {needed:,} would, if it stays what it is"


def _nothing(name: str, score: ScoreRecord | None, scores: Mapping[str, ScoreRecord]) -> str:
    if score is not None:
        return f"it is not defined on these {score.rows} rows"
    key, _, rest = name.partition(".")
    there = [other.partition(".")[2] for other in scores if other.startswith(f"{key}.")]
    head = rest.rpartition(".")[0]
    alike = [other.rpartition(".")[2] for other in there if other.rpartition(".")[0] == head]
    known = f"; there are {', '.join(alike)}" if alike else ""
    return f"nothing of that name was measured{known}"
