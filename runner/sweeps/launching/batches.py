"""Batches: points of the same weights, which one process runs one after the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from runner.errors import Exit, RunnerError
from runner.records import read_record
from runner.sweeps.planning import weights_of
from runner.sweeps.points import Point
from runner.sweeps.run_all import How, PointResult


@dataclass(frozen=True)
class Batch:
    """Points of one process.

    Args:
        points: The points.
        how: How they are run.
        memory: Bytes that the process takes at most.
        tries: How often it has been begun.
        place: The working directory that paths on the command line are relative to.
    """

    points: tuple[Point, ...]
    how: How
    memory: int = 0
    tries: int = 0
    place: Path = field(default_factory=Path.cwd)


class Ended(BaseModel):
    """How a point ended, as one process tells another; its record lies in its folder.

    Args:
        folder: The point's folder.
        code: Code of the error that ended it early; empty where none did.
        message: What happened.
        remedy: What to do.
        exit: The exit code of the error.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: str
    code: str = ""
    message: str = ""
    remedy: str = ""
    exit: Exit = Exit.DONE

    @classmethod
    def of(cls, result: PointResult) -> "Ended":
        """Give what is told of a result.

        Args:
            result: What came of a point.
        """
        folder = str(result.point.folder.absolute())
        if (error := result.error) is None:
            return cls(folder=folder)
        told = {"code": error.code, "message": error.message, "remedy": error.remedy}
        return cls(folder=folder, exit=error.exit, **told)

    def result(self, point: Point) -> PointResult:
        """Give the result that it tells of.

        Args:
            point: The point.
        """
        record = None if self.code else read_record(point.folder)
        if record is not None:
            return PointResult(point, record)
        missing = "The record of the point is not where this machine looks for it."
        error = RunnerError(self.message or missing, self.remedy)
        error.code = self.code or "no-record"
        error.exit = self.exit if self.code else Exit.OUTSIDE_FAILED
        return PointResult(point, None, error)


def batches(points: Sequence[Point], workers: int, how: How) -> list[Batch]:
    """Put points into batches: those of one set of weights together, and work for every worker.

    Args:
        points: The points.
        workers: How many processes there are for them.
        how: How they are run.
    """
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(weights_of(point.composed), []).append(point)
    longest = ceil(len(points) / workers)
    return [
        Batch(tuple(members[start : start + longest]), how)
        for members in groups.values()
        for start in range(0, len(members), longest)
    ]


def lost(points: Iterable[Point], why: str) -> list[Ended]:
    """Tell of points whose process was lost, also when it was begun once more.

    Args:
        points: The points.
        why: What became of the process.
    """
    message = f"The process that ran it is gone: {why}."
    remedy = "Run the sweep again: what is done stays done. Give it more memory if it was killed."
    return [
        Ended(
            folder=str(Path(point.folder).absolute()),
            code="worker-lost",
            message=message,
            remedy=remedy,
            exit=Exit.OUTSIDE_FAILED,
        )
        for point in points
    ]
