"""What lies in the output folders: a line for each run that has left a record."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runner.errors import Pruned, SourceError
from runner.kept.folders import folders_in
from runner.kept.promotion import read_promotion
from runner.records import RECORD_FILE, RunRecord, read_record
from runner.sweeps.points import SINGLE_RUN_FOLDER, SWEEP_FOLDER
from runner.work.workplace import is_held

USUAL = (Path(SINGLE_RUN_FOLDER), Path(SWEEP_FOLDER))


@dataclass(frozen=True)
class StoredRun:
    """What a run has left.

    Args:
        root: The folder that it was found under.
        folder: Its folder.
        record: Its record.
        bytes: Bytes of all files in the folder; those of another run within it are its own.
        held: Whether a run works in it.
        promoted: What it was promoted as: name and version; empty where it was not.
    """

    root: Path
    folder: Path
    record: RunRecord
    bytes: int
    held: bool
    promoted: str

    @property
    def status(self) -> str:
        """Its verdict; that it is running, or how it ended without one."""
        if self.held:
            return "running"
        if failure := self.record.failure:
            return Pruned.code if failure.code == Pruned.code else "stopped"
        return self.record.verdict.value

    @property
    def started(self) -> datetime:
        """When it started; long ago where the record does not say so."""
        try:
            found = datetime.fromisoformat(self.record.started)
        except ValueError:
            return datetime.fromtimestamp(0, UTC)
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def age(self, now: datetime) -> timedelta:
        """Give how long ago it started.

        Args:
            now: The time.
        """
        return now - self.started


@dataclass(frozen=True)
class Listing:
    """What runs have left.

    Args:
        runs: The runs, the newest first; each once.
        unreadable: Files that are called as records are, and are none that can be read.
    """

    runs: Sequence[StoredRun]
    unreadable: Sequence[str]


def listed(paths: Sequence[Path]) -> Listing:
    """List what runs have left.

    Args:
        paths: Where to look; the usual output folders, as far as they are there, where empty.

    Raises:
        SourceError: A path is no folder.
    """
    for path in paths:
        if not path.is_dir():
            raise SourceError(f"{path} is no folder.", "Name a folder that runs have written to.")
    found: dict[Path, StoredRun] = {}
    unreadable: dict[str, None] = {}
    for root in paths or [path for path in USUAL if path.is_dir()]:
        for folder in folders_in(root):
            record = read_record(folder)
            if record is None:
                unreadable.setdefault(str(folder / RECORD_FILE))
            elif folder.absolute() not in found:
                found[folder.absolute()] = _stored(root, folder, record)
    runs = sorted(found.values(), key=lambda run: run.started, reverse=True)
    return Listing(runs, list(unreadable))


def on_disk(runs: Iterable[StoredRun]) -> int:
    """Give the bytes of all files of some runs, each file once, however many share it.

    Args:
        runs: The runs.
    """
    files = (file for run in runs for file in _files(run.folder))
    return sum({(s.st_dev, s.st_ino): s.st_size for s in files}.values())


def _stored(root: Path, folder: Path, record: RunRecord) -> StoredRun:
    note = read_promotion(folder)
    return StoredRun(
        root=root,
        folder=folder,
        record=record,
        bytes=sum(stat.st_size for stat in _files(folder)),
        held=is_held(folder),
        promoted=f"{note.name}/{note.version}" if note else "",
    )


def _files(folder: Path) -> Iterator[os.stat_result]:
    for place, _, names in os.walk(folder):
        for name in names:
            yield os.lstat(os.path.join(place, name))
