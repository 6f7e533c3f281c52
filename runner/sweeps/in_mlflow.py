"""A sweep in MLflow: opened before its points run, closed with what came of them."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.comparing.runs import Run, run_in, varied
from runner.errors import Pruned
from runner.recipe.composing.composed import Within
from runner.records import Failure, RunRecord, read_record
from runner.sweeps.parents import Parent, note_parent, noted_parent
from runner.sweeps.points import Point

if TYPE_CHECKING:
    from runner.sweeps.run_all import PointResult

REPORT = "report.html"


@dataclass
class Together:
    """The points of a sweep, as they are to run.

    Args:
        points: The points; each logs its run under that of the sweep.
        uri: Tracking URI; empty where the sweep is not logged.
        parent: The run of the sweep; None where it is not logged.
        closed: Whether it has been closed.
    """

    points: Sequence[Point]
    uri: str = ""
    parent: Parent | None = None
    closed: bool = False

    def under(self, point: Point) -> Point:
        """Give a point that logs its run under that of the sweep, where there is one.

        Args:
            point: A point that was not known when the sweep began.
        """
        return _under(point, self.parent) if self.parent else point

    def close(self, results: "Sequence[PointResult]", others: Iterable[Path] = ()) -> None:
        """Close the run of the sweep with what came of its points.

        Args:
            results: What came of them; of points of the sweep that are not among them, what their
                records say counts.
            others: Folders of points that were not known when the sweep began.

        Raises:
            TrackingError: The server or its store failed.
        """
        if self.parent is None:
            return
        from runner.comparing.comparison import compare_runs
        from runner.comparing.html import as_html
        from runner.tracking.sweeps import close_parent

        self.closed = True
        known = dict.fromkeys([*self.parent.folders, *others])
        ended = [*{result.point.folder: result for result in results}.values()]
        runs = [*runs_of(ended), *_others(known, ended)]
        compared = compare_runs(runs)
        tracked = [run.record.tracking for run in runs]
        said = {
            "sweep.says": compared.decision.sentence,
            "sweep.varies": ", ".join(self.parent.varies),
            "sweep.points": str(len(runs)),
        }
        close_parent(
            self.uri,
            self.parent.run_id,
            [one.run_id for one in tracked if one],
            said,
            {REPORT: as_html(compared)},
            whole=all(_is_whole(run.record) for run in runs),
        )
        note_parent(replace(self.parent, is_open=False), self.uri)


@contextmanager
def tracked_together(points: Sequence[Point], name: str = "") -> Generator[Together]:
    """Log the points of a sweep under one run.

    Args:
        points: The points that are to run: of a sweep that has run before maybe some of them, of a
            search the corners of its space.
        name: What the sweep is called; its recipes where empty.

    Yields:
        The points as they are to run. A sweep that is stopped before it is closed is told so.

    Raises:
        TrackingError: The server or its store failed.
    """
    uri = points[0].composed.settings.tracking.uri if points else None
    folders = tuple(point.folder.absolute() for point in points)
    known = noted_parent(folders, uri) if uri else None
    if uri is None or known is None and len(points) < 2:
        yield Together(points)
        return
    from runner.tracking.sweeps import give_up_parent, open_parent

    recipes = ", ".join(dict.fromkeys(point.composed.name for point in points))
    experiment = points[0].composed.recipe.tracking.experiment
    run_id = open_parent(uri, experiment, name or recipes, known.run_id if known else "")
    if known is None:
        known = Parent("", varied([_planned(point) for point in points]), folders)
    parent = replace(known, run_id=run_id, is_open=True)
    note_parent(parent, uri)
    together = Together([_under(point, parent) for point in points], uri, parent)
    try:
        yield together
    finally:
        if not together.closed:
            give_up_parent(uri, run_id)


def _is_whole(record: RunRecord) -> bool:
    """Say whether a point came to its end, or to that of what a search wants of it."""
    return record.failure is None or record.failure.code == Pruned.code


def _others(folders: Iterable[Path], results: "Sequence[PointResult]") -> Iterator[Run]:
    """Give the points of a sweep that were not to run this time, as their records have them."""
    ran = {result.point.folder.absolute() for result in results}
    for folder in folders:
        record = read_record(folder) if folder not in ran else None
        if record is not None:
            yield run_in(folder, record)


def runs_of(results: "Sequence[PointResult]") -> list[Run]:
    """Give what came of points as runs that can be compared.

    Args:
        results: What came of them.
    """
    return [
        replace(_planned(result.point), record=result.record or _stopped(result))
        for result in results
    ]


def _planned(point: Point) -> Run:
    record = RunRecord(recipe=point.composed.name, point=point.name, digest="")
    return Run(point.name, str(point.folder), record, point.composed.values, point.folder)


def _stopped(result: "PointResult") -> RunRecord:
    error = result.error
    code, message = (error.code, error.message) if error else ("unfinished", "It has not ended.")
    failure = Failure(step="", code=code, message=message, remedy=error.remedy if error else "")
    point = result.point
    return RunRecord(recipe=point.composed.name, point=point.name, digest="", failure=failure)


def _under(point: Point, parent: Parent) -> Point:
    within = Within(parent.run_id, parent.varies)
    return replace(point, composed=replace(point.composed, within=within))
