"""Runs to compare, by the paths and URIs that people name them by."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from runner.comparing.runs import Run, run_in
from runner.errors import SourceError, WrongInput
from runner.kept.folders import folders_in, is_sweep, no_record, sweeps_in
from runner.kept.tracked import RUN, read_tracked
from runner.records import RECORD_FILE, Failure, RunRecord, read_record
from runner.sweeps.record import Status, SweepPoint, SweepRecord, read_sweep
from runner.text.spelling import did_you_mean

_NOT_YET = {
    Status.WAITING: Failure(step="", code="waiting", message="It has not run yet."),
    Status.RUNNING: Failure(step="", code="unfinished", message="It has not ended yet."),
}
_LOST = Failure(
    step="", code="no-record", message="Its record is gone, or another run's is in its place."
)


@dataclass(frozen=True)
class Found:
    """Runs that were found.

    Args:
        runs: The runs, each once, with names that tell them apart.
        baseline: Name of the run that a sweep among them names as its baseline; empty without one.
        unreadable: Files that are called as records are, and are none that can be read.
    """

    runs: tuple[Run, ...]
    baseline: str = ""
    unreadable: tuple[str, ...] = ()


@dataclass
class _Finding:
    """Runs as they are found.

    Args:
        uri: Tracking URI of the server that knows runs of MLflow.
        workdir: Where what they logged is fetched to.
    """

    uri: str
    workdir: Path
    runs: dict[str, Run] = field(default_factory=dict[str, Run])
    baseline: str = ""
    unreadable: list[str] = field(default_factory=list[str])

    def look(self, named: str) -> None:
        """Find the runs that a path or URI stands for."""
        path = Path(named)
        if named.startswith(RUN):
            self._keep(read_tracked(named, self.uri, self.workdir))
        elif path.is_file() and is_sweep(path.name):
            self._sweep(path, insist=True)
        elif path.is_file() or (path / RECORD_FILE).is_file():
            self._point(path if path.is_dir() else path.parent, path)
        elif path.is_dir():
            self._below(path)
        else:
            raise SourceError(f"{named} is not there.", "Name the folder of a run or of a sweep.")

    def _below(self, folder: Path) -> None:
        before = len(self.runs) + len(self.unreadable)
        for file in sweeps_in(folder):
            self._sweep(file)
        for place in folders_in(folder):
            record = read_record(place)
            if record is None:
                self.unreadable.append(str(place / RECORD_FILE))
            else:
                self._keep([run_in(place, record)])
        if len(self.runs) + len(self.unreadable) == before:
            raise SourceError(f"{folder} holds no run.", f"A run leaves a {RECORD_FILE}.")

    def _point(self, folder: Path, named: Path) -> None:
        record = read_record(named)
        if record is None:
            raise no_record(named)
        self._keep([run_in(folder, record)])

    def _sweep(self, file: Path, *, insist: bool = False) -> None:
        sweep = read_sweep(file)
        if sweep is None and insist:
            raise SourceError(f"{file} is no record of a sweep, or of another version.", "")
        if sweep is None:
            self.unreadable.append(str(file))
            return
        self._keep(_of_sweep(sweep, file.parent))
        at = next((p.folder for p in sweep.points if p.name == sweep.baseline), None)
        if at is not None:
            self.baseline = self.baseline or _key(file.parent / at)

    def _keep(self, runs: Iterable[Run]) -> None:
        for run in runs:
            self.runs.setdefault(_key(run.folder) if run.folder else run.place, run)


def read_runs(named: Sequence[str], uri: str, workdir: Path, baseline: str = "") -> Found:
    """Read runs.

    Args:
        named: Folders of points, records, records of sweeps, folders that hold many of these, and
            ``runs:/<id>`` of MLflow: one run, or all that a parent run has.
        uri: Tracking URI of the server that is asked for those.
        workdir: An empty folder for what is fetched from it.
        baseline: Name, point or path of the run that the others are held to; that of the sweep
            where absent.

    Raises:
        SourceError: A path or run is not there, holds no run, or cannot be read.
        WrongInput: No run is called as the baseline is, or it has not ended.
    """
    finding = _Finding(uri, workdir)
    for one in named:
        finding.look(one)
    if not finding.runs:
        raise SourceError(
            f"{finding.unreadable[0]} cannot be read: it is no record, or another version's.",
            "Run it again.",
        )
    keys, runs = list(finding.runs), _told_apart(list(finding.runs.values()))
    at = keys.index(finding.baseline) if finding.baseline in keys else None
    usual = runs[at].name if at is not None else ""
    name = _named(baseline, runs) if baseline else usual
    return Found(tuple(runs), name, tuple(finding.unreadable))


def _named(baseline: str, runs: Sequence[Run]) -> str:
    for run in runs:
        if baseline in (run.name, run.record.point, run.place):
            if run.record.failure:
                message = f"`{baseline}` has not run to its end, and can be no baseline."
                raise WrongInput("bad-baseline", message, "Name another with --baseline.")
            return run.name
    hint = did_you_mean(baseline, [run.name for run in runs]) or "`report` lists their names."
    raise WrongInput("bad-baseline", f"No run is called `{baseline}`.", hint)


def _of_sweep(sweep: SweepRecord, around: Path) -> Iterator[Run]:
    for point in sweep.points:
        folder = around / point.folder
        record = read_record(folder)
        if record is None or point.digest and record.digest != point.digest:
            record = _unmade(point)
        yield run_in(folder, record)


def _unmade(point: SweepPoint) -> RunRecord:
    error = {"code": "stopped", "message": "", **point.error} if point.error else None
    failure = Failure(step="", **error) if error else _NOT_YET.get(point.status, _LOST)
    return RunRecord(
        recipe=point.recipe,
        point=point.name,
        overrides=point.overrides,
        digest=point.digest,
        failure=failure,
    )


def _told_apart(runs: Sequence[Run]) -> list[Run]:
    """Give runs names that tell them apart: the point's, with its recipe, else where it is."""
    for name in (_point_of, _with_recipe):
        if len({name(run) for run in runs}) == len(runs):
            return [replace(run, name=name(run)) for run in runs]
    counted = Counter(_with_recipe(run) for run in runs)
    return [
        replace(run, name=_with_recipe(run) if counted[_with_recipe(run)] == 1 else run.place)
        for run in runs
    ]


def _point_of(run: Run) -> str:
    return run.record.point


def _with_recipe(run: Run) -> str:
    return f"{run.record.recipe} {run.record.point}"


def _key(folder: Path) -> str:
    return str(folder.absolute().resolve())
