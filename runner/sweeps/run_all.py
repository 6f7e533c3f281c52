"""Run points one after the other: a failing point is recorded, and the others still run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.errors import Exit, RunnerError
from runner.records import Observer, RunRecord, Verdict
from runner.sweeps.points import Point
from runner.work.run import run


@dataclass(frozen=True)
class PointResult:
    """How a point ended.

    Args:
        point: The point.
        record: Its record, where it ran to its end.
        error: What ended it early.
    """

    point: Point
    record: RunRecord | None
    error: RunnerError | None = None

    @property
    def exit(self) -> Exit:
        """The exit code it stands for."""
        if self.error is not None:
            return self.error.exit
        verdict = self.record.verdict if self.record else Verdict.UNPROVEN
        return Exit.DONE if verdict.stands else Exit.GATE_FAILED


def run_all(
    points: Sequence[Point],
    observer: Observer,
    started: Callable[[Point], None] = lambda _: None,
    ended: Callable[[PointResult], None] = lambda _: None,
    *,
    wait: bool = False,
    update_golden: bool = False,
) -> list[PointResult]:
    """Run every point.

    Args:
        points: The points.
        observer: Told of each run as it goes.
        started: Told of each point before it runs.
        ended: Told of each point once it has ended, and how.
        wait: Wait for other runs that work in the points' folders.
        update_golden: Take what the models answer for golden.

    Returns:
        A result each, in the same order.
    """
    results: list[PointResult] = []
    for point in points:
        started(point)
        try:
            record = run(
                point.composed,
                point.folder,
                point.name,
                observer,
                wait=wait,
                update_golden=update_golden,
            )
            results.append(PointResult(point, record))
        except RunnerError as error:
            results.append(PointResult(point, None, error))
        ended(results[-1])
    return results


def exit_code(results: Sequence[PointResult]) -> Exit:
    """Give one exit code for all: the gravest of them."""
    return max((result.exit for result in results), default=Exit.DONE)
