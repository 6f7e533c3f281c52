"""The record of a sweep, kept while it runs."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import ending_of
from runner.recipe.composing.overrides import key_of, parse
from runner.recipe.sweeping.expanding import holds
from runner.sweeps.points import Point
from runner.sweeps.record import Status, SweepPoint, SweepRecord, sweep_file

if TYPE_CHECKING:
    from runner.sweeps.run_all import PointResult

_RECIPE = "recipe"


@dataclass(frozen=True)
class SweepJournal:
    """A sweep's record and its file, which is written anew with all that happens.

    Args:
        record: The record.
        file: Its file.
    """

    record: SweepRecord
    file: Path

    @property
    def folders(self) -> list[Path]:
        """The folders of its points, absolute."""
        return [self.file.parent / point.folder for point in self.record.points]

    def started(self, point: Point) -> None:
        """Note that a point runs.

        Args:
            point: The point.
        """
        self._of(point).status = Status.RUNNING
        self.record.write(self.file)

    def add(self, point: Point, values: Mapping[str, Any]) -> None:
        """Note a point that was not known when the sweep began.

        Args:
            point: The point.
            values: The values of what varies.
        """
        entry = _entry(point, self.file, values)
        known = (one for one in self.record.points if one.folder != entry.folder)
        self.record.points, self.record.ended = [*known, entry], ""
        self.record.write(self.file)

    def submitted(self, jobs: Mapping[str, str]) -> None:
        """Note the jobs that run points.

        Args:
            jobs: The jobs, by the absolute folders of their points.
        """
        noted = {_relative(Path(folder), self.file): job for folder, job in jobs.items()}
        self.record.jobs |= noted
        self.record.write(self.file)

    def ended(self, *results: "PointResult") -> None:
        """Note how points ended.

        Args:
            results: What came of them.
        """
        for result in results:
            self._note(result)
        if all(one.status.is_over for one in self.record.points):
            self.record.end()
        self.record.write(self.file)

    def _note(self, result: "PointResult") -> None:
        entry = self._of(result.point)
        entry.status = Status.after(result.error.code) if result.error else Status.DONE
        entry.exit = result.exit
        if error := result.error:
            told = {"code": error.code, "message": error.message, "remedy": error.remedy}
            entry.error = {key: str(text) for key, text in told.items() if text}

    @contextmanager
    def told_of_a_stop(self) -> Generator[None]:
        """Note of the points that run by which signal they are ended, where one ends the sweep."""
        try:
            yield
        except KeyboardInterrupt as stop:
            word, signal = ending_of(stop)
            for one in self.record.points:
                if one.status is Status.RUNNING:
                    one.status, one.error = Status.STOPPED, {"code": word, "message": signal.name}
            self.record.write(self.file)
            raise

    def end(self) -> None:
        """Note that the sweep is over."""
        self.record.end()
        self.record.write(self.file)

    def _of(self, point: Point) -> SweepPoint:
        folder = _relative(point.folder, self.file)
        return next(one for one in self.record.points if one.folder == folder)


def keep(
    points: Sequence[Point],
    *,
    command: Sequence[str] = (),
    name: str = "",
    baseline: Mapping[str, Any] | None = None,
    launcher: str = "",
) -> SweepJournal:
    """Begin the record of a sweep, and write it.

    Args:
        points: Its points.
        command: The words that asked for it.
        name: Name of the sweep file; empty for a sweep of the command line.
        baseline: Values of the point that the others are compared with.
        launcher: Where the points run.
    """
    file = sweep_file([point.around for point in points], name)
    values = [values_of(point) for point in points]
    varies = varying(values)
    entries = [
        _entry(point, file, {key: said[key] for key in varies if key in said})
        for point, said in zip(points, values, strict=True)
    ]
    held = [p.name for p, said in zip(points, values, strict=True) if holds(baseline or {}, said)]
    record = SweepRecord(
        name=name,
        recipes=list(dict.fromkeys(point.composed.name for point in points)),
        varies=varies,
        baseline=held[0] if baseline and held else "",
        points=entries,
        command=list(command),
        launcher=launcher,
    )
    kept = SweepJournal(record, file)
    record.write(file)
    return kept


def values_of(point: Point) -> dict[str, Any]:
    """Give what a point's overrides set, by dotted key, and its recipe.

    Args:
        point: The point; a key that it takes out is null.
    """
    overrides, _ = parse([*point.composed.overrides, *point.composed.given])
    said = {key_of(one.input_line or ""): one.value() for one in overrides}
    return {_RECIPE: point.composed.name, **said}


def varying(values: Iterable[Mapping[str, Any]]) -> list[str]:
    """Give the keys that are not the same in all points.

    Args:
        values: What each point sets.
    """
    sets = list(values)
    keys = dict.fromkeys(key for one in sets for key in one)
    absent = object()
    return [k for k in keys if any(one.get(k, absent) != sets[0].get(k, absent) for one in sets)]


def _entry(point: Point, file: Path, values: Mapping[str, Any]) -> SweepPoint:
    return SweepPoint(
        name=point.name,
        folder=_relative(point.folder, file),
        recipe=point.composed.name,
        overrides=list(point.composed.overrides),
        values=dict(values),
        digest=point.composed.digest,
    )


def _relative(folder: Path, file: Path) -> str:
    return folder.absolute().relative_to(file.parent).as_posix()
