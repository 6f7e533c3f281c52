"""Garbage: entries of the store that no model folder uses any more."""

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runner.files.locked import holding
from runner.records import RECORD_FILE
from runner.store.place import STORE

FOLDER = "weights"
"""The folder of all entries, in that of the store."""
_MODEL = "model"


@dataclass(frozen=True)
class Unused:
    """An entry that nothing uses.

    Args:
        path: Its folder.
        bytes: Bytes that its removal frees: what no other file on the disk shares.
        out: The output folder it belongs to.
    """

    path: Path
    bytes: int
    out: Path

    def remove(self) -> bool:
        """Remove it, unless somebody took it up meanwhile.

        Returns:
            Whether it is gone.
        """
        maker = self.path.with_name(self.path.name.removeprefix(".").removesuffix(".partial"))
        try:
            with holding(lock_of(maker), wait=False):
                if self.path.name in _used(self.out):
                    return False
                shutil.rmtree(self.path, ignore_errors=True)
        except BlockingIOError:
            return False
        return True


def lock_of(entry: Path) -> Path:
    """Give the lock file of an entry, which who makes, shares or removes it holds.

    Args:
        entry: The folder of the entry.
    """
    return entry.with_name(f".{entry.name}.lock")


def unused(out: Path) -> list[Unused]:
    """Find the entries that no model uses, and what killed runs left half-made.

    Args:
        out: The output folder, such as ``outputs``.

    Returns:
        The entries, sorted by path.
    """
    folder = out / STORE / FOLDER
    used = _used(out)
    found = sorted(path for path in folder.glob("*") if path.is_dir() and path.name not in used)
    return [Unused(path, _freed(path), out) for path in found]


def _used(out: Path) -> set[str]:
    return {key for key in _keys(out) if key}


def _keys(out: Path) -> Iterator[str]:
    """Give the key that each record names whose model is there; whatever else is wrong with it."""
    for file in out.rglob(RECORD_FILE):
        if (file.parent / _MODEL).is_dir():
            with suppress(OSError, ValueError, AttributeError):
                yield str(json.loads(file.read_bytes()).get("weights") or "")


def _freed(folder: Path) -> int:
    stats = (file.stat() for file in folder.rglob("*") if file.is_file())
    return sum(stat.st_size for stat in stats if stat.st_nlink == 1)
