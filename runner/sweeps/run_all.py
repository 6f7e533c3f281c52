"""Run points one after the other: a failing point is recorded, and the others still run."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from runner.errors import Exit, RunnerError
from runner.records import Observer, RunRecord, Verdict, read_record
from runner.sweeps.points import Point
from runner.work.kept import finished


@dataclass(frozen=True)
class PointResult:
    """How a point ended.

    Args:
        point: The point.
        record: Its record, where it ran to its end.
        error: What ended it early.
        kept: Whether an earlier run left nothing to be done.
    """

    point: Point
    record: RunRecord | None
    error: RunnerError | None = None
    kept: bool = False

    @property
    def exit(self) -> Exit:
        """The exit code it stands for."""
        if self.error is not None:
            return self.error.exit
        verdict = self.record.verdict if self.record else Verdict.UNPROVEN
        return Exit.DONE if verdict.stands else Exit.GATE_FAILED


@dataclass(frozen=True)
class How:
    """How points are run.

    Args:
        wait: Wait for other runs that work in the points' folders.
        update_golden: Take what the models answer for golden.
        rerun: Run the points that are done, too.
        fail_fast: Run no further point after one that failed.
    """

    wait: bool = False
    update_golden: bool = False
    rerun: bool = False
    fail_fast: bool = False


def done_before(points: Sequence[Point], how: How) -> dict[str, PointResult]:
    """Find the points that need not be run; no weights are opened, and no torch is imported.

    Args:
        points: The points.
        how: How they are run.

    Returns:
        A result each, by the point's folder.
    """
    if how.rerun or how.update_golden:
        return {}
    found = ((point, finished(point.composed, point.folder)) for point in points)
    return {str(p.folder): PointResult(p, record, kept=True) for p, record in found if record}


def failed_before(points: Sequence[Point]) -> list[Point]:
    """Give the points whose last run failed: by an error, a check, a gate, or a kill.

    Args:
        points: The points.
    """
    records = ((point, read_record(point.folder)) for point in points)
    return [p for p, record in records if record and (record.failure or not record.verdict.stands)]


def run_all(
    points: Sequence[Point],
    observer: Observer,
    started: Callable[[Point], None] = lambda _: None,
    how: How | None = None,
    done: Mapping[str, PointResult] | None = None,
    ended: Callable[[PointResult], None] = lambda _: None,
) -> list[PointResult]:
    """Run every point that is not done; those of the same weights one after the other.

    Args:
        points: The points.
        observer: Told of each run as it goes.
        started: Told of each point before it runs.
        how: How they are run.
        done: The results of points that need not be run, where they are known already.
        ended: Told of each result, as it comes; first of those that are done.

    Returns:
        A result each, in the same order; none for those after a failure that ends the sweep.
    """
    how = how or How()
    results = {**(done_before(points, how) if done is None else done)}
    for result in results.values():
        ended(result)
    todo = [point for point in points if str(point.folder) not in results]
    from runner.sweeps.together import together  # a sweep that is done needs none of it

    with closing(together(todo)) as ordered:
        for point in ordered:
            started(point)
            results[str(point.folder)] = result = _run(point, observer, how)
            ended(result)
            if how.fail_fast and result.exit is not Exit.DONE:
                break
    return [results[str(p.folder)] for p in points if str(p.folder) in results]


def _run(point: Point, observer: Observer, how: How) -> PointResult:
    from runner.work.run import run  # torch, transformers and mlflow take seconds

    try:
        record = run(
            point.composed,
            point.folder,
            point.name,
            observer,
            wait=how.wait,
            update_golden=how.update_golden,
            rerun=how.rerun,
        )
    except RunnerError as error:
        return PointResult(point, None, error)
    return PointResult(point, record)


def exit_code(results: Sequence[PointResult]) -> Exit:
    """Give one exit code for all: the gravest of them."""
    return max((result.exit for result in results), default=Exit.DONE)
