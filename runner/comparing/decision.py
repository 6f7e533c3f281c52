"""Which run to ship: a sentence with its reason, or what would have to be known to say it."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from runner.comparing.front import value_of
from runner.comparing.runs import Run
from runner.evaluated import GateRecord, GateVerdict, Verdict
from runner.records import Outcome
from runner.text.wording import counted, figure, interval, size

if TYPE_CHECKING:
    from runner.comparing.against import Difference

_PROMOTE = "python -m runner promote"
_MEDIAN = "latency_p50_ms"
_AS_FAST = 1.1
"""What is at most this much slower than the fastest counts as fast as it."""
_MORE = "Rows with targets (`evaluation.dataset`) and metrics on them would decide."


class Choice(StrEnum):
    """Whether there is a run to ship."""

    SHIP = "ship"
    UNDECIDED = "undecided"
    NONE = "none"


@dataclass(frozen=True)
class Decision:
    """Which run to ship.

    Args:
        choice: Whether there is one.
        sentence: Which one and why; else why none, and what would decide.
        run: The run that may be promoted; None where none may.
        command: The command that promotes it; empty where none may be.
    """

    choice: Choice
    sentence: str
    run: Run | None = None
    command: str = ""


def decide(runs: Sequence[Run]) -> Decision:
    """Say which of some runs to ship.

    Args:
        runs: The runs.

    Returns:
        Of those that passed, the cheapest of those that no other is better than beyond chance by
        the first metric of the recipe.
    """
    passed = [run for run in runs if run.passed]
    if not passed:
        return _none_passed(runs)
    if len(passed) == 1:
        (only,) = passed
        others = f", the only one of {len(runs)} that did" if len(runs) > 1 else ""
        return _ship(only, f"it passed {_asked(only)}{others}")
    metric = main_metric(passed)
    return _unmeasured(passed, len(runs)) if metric is None else _best(passed, metric, len(runs))


def main_metric(runs: Sequence[Run]) -> str | None:
    """Give the first metric of the first run, where all runs have a value for it.

    Args:
        runs: The runs.
    """
    first = next(iter(runs[0].scores), None) if runs else None
    known = first is not None and all(value_of(run, first) is not None for run in runs)
    return first if known else None


def _best(passed: Sequence[Run], metric: str, total: int) -> Decision:
    upwards = passed[0].scores[metric].better == "higher"
    best = max(passed, key=lambda r: (value_of(r, metric) or 0.0) * (1 if upwards else -1))
    held = {run.name: _held_to(run, best, metric) for run in passed if run is not best}
    unheld = [name for name, found in held.items() if found is None]
    if unheld:
        return Decision(
            Choice.UNDECIDED,
            f"Undecided: {best.name} and {unheld[0]} passed, and their {metric} cannot be compared "
            "row by row: the rows are others, or code of the recipe measures it. A metric that the "
            "runner has, on the same `evaluation.dataset` for both, would decide.",
        )
    alike = [best, *(r for r in passed if (d := held.get(r.name)) and d.verdict != "worse")]
    chosen = _cheapest(alike, metric)
    return _ship(chosen, _why(chosen, best, alike, metric, (len(passed), total)))


def _held_to(run: Run, best: Run, metric: str) -> "Difference | None":
    from runner.comparing.against import differences  # NumPy, which no other decision needs
    from runner.comparing.answers import shared_rows

    rows = shared_rows(run, best)
    return next(differences(run, rows, [metric]), None)


def _cheapest(runs: Sequence[Run], metric: str | None) -> Run:
    """Give the smallest of the fastest runs, and of these the best.

    The one call that a proof times says too little of how fast a model is: it parts only runs that
    are the same in all else.
    """
    timed = {run.name: ms for run in runs if (ms := run.measured.get(_MEDIAN)) is not None}
    fastest = min(timed.values(), default=0.0)

    def cost(run: Run) -> tuple[bool, int, float, float]:
        slow = timed.get(run.name, fastest) > fastest * _AS_FAST
        score = run.scores.get(metric) if metric else None
        value = score.value or 0.0 if score else 0.0
        worse = -value if score and score.better == "higher" else value
        return slow, run.record.model_bytes, worse, run.latency_ms or 0.0

    return min(runs, key=cost)


def _why(chosen: Run, best: Run, alike: Sequence[Run], metric: str, counts: tuple[int, int]) -> str:
    passed, total = counts
    score = chosen.scores[metric]
    value = f"{metric} {figure(score.value)} ({interval(score.low, score.high)})"
    among = f"{passed} of {total} that passed" if passed < total else f"{total}, which all passed"
    if len(alike) == 1:
        reason = f"its {value} is the best of the {among}, beyond chance"
    elif chosen is best:
        reason = f"its {value} is the best of the {among}, and {_cheap(chosen)}"
    else:
        reason = (
            f"its {value} is not worse beyond chance than the best of the {among} "
            f"({best.name}, {figure(best.scores[metric].value)}), and {_cheap(chosen)}"
        )
    return f"it passed {_asked(chosen)}; {reason}{_gateless(chosen)}"


def _cheap(chosen: Run) -> str:
    return f"of those as good it is the cheapest ({_cost(chosen)})"


def _cost(run: Run) -> str:
    latency = run.latency_ms
    each = "" if latency is None else f", {figure(latency)} ms an input"
    return f"{size(run.record.model_bytes)}{each}"


def _gateless(run: Run) -> str:
    gates = run.record.evaluation.gates if run.record.evaluation else []
    return "" if gates else "; no gate of its recipe holds that to a least value"


def _unmeasured(passed: Sequence[Run], total: int) -> Decision:
    chosen = _cheapest(passed, None)
    all_ = "all" if len(passed) == total else f"{len(passed)} of"
    return Decision(
        Choice.UNDECIDED,
        f"Undecided: {all_} {counted(total, 'run')} passed, and no metric says which answers best; "
        f"{chosen.name} is the cheapest ({_cost(chosen)}). {_MORE}",
        chosen,
        _command(chosen),
    )


def _none_passed(runs: Sequence[Run]) -> Decision:
    open_ones = [run for run in runs if _verdict(run) is Verdict.UNDECIDED]
    unproven = [run for run in runs if _verdict(run) is Verdict.UNPROVEN]
    if open_ones:
        metric = main_metric(open_ones)
        nearest = _cheapest(open_ones, metric) if metric is None else _top(open_ones, metric)
        return Decision(
            Choice.UNDECIDED,
            f"Undecided: {_nobody(len(runs))} passed all gates; nearest is {nearest.name}: "
            f"{held_back(nearest)}.",
        )
    if unproven:
        return Decision(
            Choice.UNDECIDED,
            f"Undecided: nothing was asked of {unproven[0].name}. Views or a dataset under "
            "`evaluation` would decide.",
        )
    reasons = "; ".join(f"{run.name}: {held_back(run)}" for run in runs[:3])
    more = f"; and {len(runs) - 3} more" if len(runs) > 3 else ""
    return Decision(Choice.NONE, f"Ship none: {_nobody(len(runs))} passed ({reasons}{more}).")


def _nobody(total: int) -> str:
    return "the run has not" if total == 1 else f"none of {total} runs"


def _verdict(run: Run) -> Verdict | None:
    return None if run.record.failure else run.record.verdict


def _top(runs: Sequence[Run], metric: str) -> Run:
    upwards = runs[0].scores[metric].better == "higher"
    return max(runs, key=lambda run: (value_of(run, metric) or 0.0) * (1 if upwards else -1))


def held_back(run: Run) -> str:
    """Say why a run may not be shipped, as far as its record says; nothing of one that may.

    Args:
        run: The run.
    """
    record = run.record
    if record.failure:
        at = f"{record.failure.step} ended with " if record.failure.step else ""
        return f"{at}{record.failure.code}"
    if record.verdict.stands:
        return "nothing was asked of it" if record.verdict is Verdict.UNPROVEN else ""
    gates = record.evaluation.gates if record.evaluation else []
    open_ones = [gate for gate in gates if gate.verdict is not GateVerdict.PASSED]
    open_ones.sort(key=lambda gate: gate.verdict is not GateVerdict.FAILED)
    checks = [check.told for check in record.failed_checks]
    return next(iter([*map(_gate, open_ones), *checks]), "a metric is not defined on its rows")


def _gate(gate: GateRecord) -> str:
    is_ = "cannot be measured" if gate.value is None else f"is {figure(gate.value)}"
    ends = "" if gate.value is None else f" ({interval(gate.low, gate.high)})"
    why = f": {gate.message}" if gate.verdict is GateVerdict.UNDECIDED else ""
    return f"{gate.name} {is_}{ends} and must be {gate.condition}{why}"


def _asked(run: Run) -> str:
    gates = run.record.evaluation.gates if run.record.evaluation else []
    checks = [check for check in run.record.checks if check.outcome is Outcome.PASSED]
    said = [counted(len(n), what) for n, what in ((gates, "gate"), (checks, "check")) if n]
    return f"its {' and '.join(said)}" if said else "all that was asked"


def _ship(run: Run, reason: str) -> Decision:
    return Decision(Choice.SHIP, f"Ship {run.name}: {reason}.", run, _command(run))


def _command(run: Run) -> str:
    named = run.recipe is not None and run.recipe.tracking.register_as is not None
    name = run.record.recipe.rpartition("/")[2]
    as_ = "" if named else f" --as {shlex.quote(name)}"
    return f"{_PROMOTE} {shlex.quote(run.place)}{as_}"
