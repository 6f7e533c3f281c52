"""A sweep in MLflow: opened before its points run, closed with what came of them."""

import hashlib
import os
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.comparing.comparison import compare_runs
from runner.comparing.html import as_html
from runner.comparing.runs import Run, varied
from runner.recipe.composing.composed import Within
from runner.recipe.language.digest import digest
from runner.records import Failure, RunRecord
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
        parent: The run of the sweep.
        closed: Whether it has been closed.
    """

    points: Sequence[Point]
    uri: str = ""
    parent: str = ""
    closed: bool = False

    def close(self, results: "Sequence[PointResult]") -> None:
        """Close the run of the sweep with what came of its points.

        Args:
            results: What came of them.

        Raises:
            TrackingError: The server or its store failed.
        """
        if not self.parent:
            return
        from runner.tracking_sweeps import close_parent

        self.closed = True
        compared = compare_runs(runs_of(results))
        tracked = [result.record.tracking for result in results if result.record]
        said = {
            "sweep.says": compared.decision.sentence,
            "sweep.varies": ", ".join(compared.varied),
            "sweep.points": str(len(results)),
        }
        close_parent(
            self.uri,
            self.parent,
            [one.run_id for one in tracked if one],
            said,
            {REPORT: as_html(compared)},
            whole=all(result.error is None for result in results),
        )


@contextmanager
def tracked_together(points: Sequence[Point], name: str = "") -> Generator[Together]:
    """Log the points of a sweep under one run.

    Args:
        points: The points that are to run.
        name: What the sweep is called; its recipes where empty.

    Yields:
        The points as they are to run. A sweep that is stopped before it is closed is told so.

    Raises:
        TrackingError: The server or its store failed.
    """
    uri = points[0].composed.settings.tracking.uri if len(points) > 1 else None
    if uri is None:
        yield Together(points)
        return
    from runner.tracking_sweeps import give_up_parent, open_parent

    recipes = ", ".join(dict.fromkeys(point.composed.name for point in points))
    experiment = points[0].composed.recipe.tracking.experiment
    parent = open_parent(uri, experiment, name or recipes, _key(points))
    told = varied([_planned(point) for point in points])
    together = Together([_under(point, parent, told) for point in points], uri, parent)
    try:
        yield together
    finally:
        if not together.closed:
            give_up_parent(uri, parent)


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


def _under(point: Point, parent: str, told: Sequence[str]) -> Point:
    within = Within(parent, tuple(told))
    return replace(point, composed=replace(point.composed, within=within))


def _key(points: Sequence[Point]) -> str:
    """Give what tells a sweep from all others: where it lies, and what its points are."""
    around = os.path.commonpath([Path(point.folder).absolute() for point in points])
    of_points = sorted(digest(point.composed.recipe) for point in points)
    text = "\0".join([socket.gethostname(), around, *of_points])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
