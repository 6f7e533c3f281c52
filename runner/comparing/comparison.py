"""Runs compared: all that a report on them says, made ready for whichever form it is written in."""

from collections.abc import Sequence
from dataclasses import dataclass

from runner.comparing.against import Against, against
from runner.comparing.answers import Asked, side_by_side
from runner.comparing.decision import Decision, decide, main_metric
from runner.comparing.front import Aim, aims, front
from runner.comparing.runs import Run, varied


@dataclass(frozen=True)
class Comparison:
    """Runs beside each other.

    Args:
        runs: The runs.
        decision: Which of them to ship.
        varied: Names of what is not the same in all of them.
        metrics: Names of their metrics.
        baseline: What the others are held to; None of fewer than two runs that ended.
        against: Each run that ended but the baseline, held to it, by name.
        aims: What the front is made of.
        front: Names of the runs on the Pareto front.
        asked: Inputs with the answers of the runs that ended.
        answering: Those runs, in the order of the answers.
    """

    runs: tuple[Run, ...]
    decision: Decision
    varied: tuple[str, ...]
    metrics: tuple[str, ...]
    baseline: Run | None
    against: dict[str, Against]
    aims: tuple[Aim, ...]
    front: set[str]
    asked: tuple[Asked, ...]
    answering: tuple[Run, ...]


def compare_runs(runs: Sequence[Run], baseline: str = "") -> Comparison:
    """Compare runs.

    Args:
        runs: The runs, at least one.
        baseline: Name of the one that others are held to; the first that ended where absent.
    """
    ended = [run for run in runs if run.record.failure is None]
    named = next((run for run in ended if run.name == baseline), None)
    first = named or next(iter(ended), None)
    held = {run.name: against(run, first) for run in ended if first and run is not first}
    wanted = aims(runs, main_metric(ended))
    shared = (found.rows for found in held.values())
    return Comparison(
        runs=tuple(runs),
        decision=decide(runs),
        varied=varied(runs),
        metrics=tuple(dict.fromkeys(name for run in runs for name in run.scores)),
        baseline=first if held else None,
        against=held,
        aims=wanted,
        front=front(runs, wanted) if len(ended) > 1 else set(),
        asked=tuple(side_by_side(ended, first, shared)) if first else (),
        answering=tuple(ended),
    )
