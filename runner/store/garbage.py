"""Garbage: what lies in a store and nobody uses any more, neither a model nor a process."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from runner.files.locked import holding
from runner.files.temporary import left_in, lock_beside
from runner.records import RECORD_FILE
from runner.store.place import STORE, TEMPORARY, WEIGHTS

_MODEL = "model"


@dataclass(frozen=True)
class Unused:
    """A folder of the store that nothing uses.

    Args:
        path: The folder.
        what: What it is, in a phrase.
        bytes: Bytes that its removal frees: what no other file on the disk shares.
        lock: The file that who makes, shares or removes it holds.
        is_used: Whether somebody took it up meanwhile.
    """

    path: Path
    what: str
    bytes: int
    lock: Path
    is_used: Callable[[], bool]

    def remove(self) -> bool:
        """Remove it, unless somebody took it up meanwhile.

        Returns:
            Whether it is gone.
        """
        try:
            with holding(self.lock, wait=False):
                if self.is_used():
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
    """Find weights that no model uses, and what killed runs left half-made.

    Args:
        out: The output folder, such as ``outputs``.

    Returns:
        The folders, weights first, sorted by path.
    """
    return [*_weights(out), *_temporary(out)]


def _weights(out: Path) -> Iterator[Unused]:
    used = _used(out)
    for path in sorted((out / STORE / WEIGHTS).glob("*")):
        if path.is_dir() and path.name not in used:
            entry = path.with_name(path.name.removeprefix(".").removesuffix(".partial"))
            taken = partial(lambda name: name in _used(out), path.name)
            yield Unused(path, "weights of no run", _freed(path), lock_of(entry), taken)


def _temporary(out: Path) -> Iterator[Unused]:
    """Find what conversions left that were killed; nobody takes that up again."""
    for path in left_in(out / STORE / TEMPORARY):
        yield Unused(path, "left by a killed run", _freed(path), lock_beside(path), lambda: False)


def _used(out: Path) -> set[str]:
    return {key for key in _keys(out) if key}


def _keys(out: Path) -> Iterator[str]:
    """Give the key that each record names whose model is there; whatever else is wrong with it."""
    for file in out.rglob(RECORD_FILE):
        if (file.parent / _MODEL).is_dir():
            with suppress(OSError, ValueError, AttributeError, RecursionError):
                yield str(json.loads(file.read_bytes()).get("weights") or "")


def _freed(folder: Path) -> int:
    stats = (file.stat() for file in folder.rglob("*") if file.is_file())
    return sum(stat.st_size for stat in stats if stat.st_nlink == 1)
