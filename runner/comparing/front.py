"""The Pareto front: runs that no other is at least as good as in everything, and better in one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.comparing.runs import Run


@dataclass(frozen=True)
class Aim:
    """Something that a run is better or worse in.

    Args:
        name: What it is called.
        of: Gives it of a run; None where it was not measured.
        upwards: Whether more of it is better.
    """

    name: str
    of: Callable[[Run], float | None]
    upwards: bool = False


def aims(runs: Sequence[Run], metric: str | None) -> tuple[Aim, ...]:
    """Give what runs are held to each other in: quality, latency, size and memory.

    Args:
        runs: The runs.
        metric: The metric that says how good answers are; None where there is none.

    Returns:
        Those that were measured of every run that ended.
    """
    known = [
        Aim("latency", lambda run: run.latency_ms),
        Aim("size", lambda run: run.record.model_bytes or None),
        Aim("memory", lambda run: run.memory_bytes),
    ]
    if metric is not None:
        better = next(run.scores[metric].better for run in runs if metric in run.scores)
        known.insert(0, Aim(metric, lambda run: value_of(run, metric), better == "higher"))
    ended = [run for run in runs if run.record.failure is None]
    return tuple(aim for aim in known if ended and all(aim.of(r) is not None for r in ended))


def value_of(run: Run, metric: str) -> float | None:
    """Give a metric of a run; None where it has not that metric, or it is not defined.

    Args:
        run: The run.
        metric: Name of the metric.
    """
    score = run.scores.get(metric)
    return score.value if score else None


def front(runs: Sequence[Run], wanted: Sequence[Aim]) -> set[str]:
    """Give the names of the runs on the front.

    Args:
        runs: The runs.
        wanted: What they are held to each other in.
    """
    ended = [run for run in runs if run.record.failure is None]
    places = {run.name: [_up(aim, run) for aim in wanted] for run in ended}
    return {
        name
        for name, place in places.items()
        if wanted and not any(_beats(other, place) for other in places.values())
    }


def _up(aim: Aim, run: Run) -> float:
    value = aim.of(run) or 0.0
    return value if aim.upwards else -value


def _beats(one: Sequence[float], other: Sequence[float]) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))
