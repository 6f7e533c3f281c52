"""The folders of points, found by the records in them: no link is followed."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from runner.errors import SourceError
from runner.records import RECORD_FILE
from runner.sweeps.record import SWEEP_FILE

_MODEL = "model"
_ARTIFACTS = "artifacts"
_RUN_ID = re.compile("[0-9a-f]{32}")


def folders_in(root: Path) -> Iterator[Path]:
    """Give every folder with a file of a record in it, in alphabetical order.

    Args:
        root: Where to look, itself included; a model's own files, hidden folders and copies in
            a store of MLflow are not looked through.
    """
    for place, folders, files in os.walk(root):
        folder = Path(place)
        if RECORD_FILE in files and not (folder / RECORD_FILE).is_symlink():
            yield folder
            folders[:] = [name for name in folders if name != _MODEL]
        folders[:] = _looked_through(folder, folders)


def sweeps_in(root: Path) -> Iterator[Path]:
    """Give the files of the records of sweeps, in alphabetical order.

    Args:
        root: Where to look, itself included.
    """
    for place, folders, files in os.walk(root):
        folders[:] = _looked_through(Path(place), folders)
        yield from (Path(place, name) for name in sorted(files) if is_sweep(name))


def _looked_through(around: Path, names: Iterable[str]) -> list[str]:
    """Give the folders in a folder that runs may have left something in, in alphabetical order.

    What a run has logged lies in a store of MLflow as a copy, which is the store's: no second run.
    """
    in_store = _ARTIFACTS if _RUN_ID.fullmatch(around.name) else ""
    return sorted(name for name in names if not name.startswith(".") and name != in_store)


def is_sweep(name: str) -> bool:
    """Say whether a file is the record of a sweep.

    Args:
        name: Its name.
    """
    return name == SWEEP_FILE or name.endswith(f".{SWEEP_FILE}") and not name.startswith(".")


def no_record(named: Path) -> SourceError:
    """Say why there is no record of a run where one was named.

    Args:
        named: The folder of a point, or the file of a record.
    """
    if not named.exists():
        return SourceError(f"{named} is not there", "Name the folder of a run.")
    file = named / RECORD_FILE if named.is_dir() else named
    if not file.is_file():
        return SourceError(f"{named} has no {RECORD_FILE}, which a run leaves", "Name its folder.")
    message = f"{file} is no record of a run that can be read: it is damaged, or another version's"
    return SourceError(message, "Run it again, or name another.")


def changes(named: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Give what tells one state of records from another: when each was written.

    Args:
        named: The paths; what is none is left out.
    """
    found = [file for name in named for file in _records(Path(name))]
    with suppress(FileNotFoundError):  # one that is being written anew has changed
        return tuple((str(file), file.stat().st_mtime_ns) for file in found)
    return ()


def _records(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from sweeps_in(path)
        yield from (folder / RECORD_FILE for folder in folders_in(path))
