"""The state of files: what tells whether one was changed, without opening it."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG

State = tuple[int, int]
"""Size of a file in bytes, and when it was changed, in nanoseconds."""
_OF_PYTHON = "__pycache__"
_LEADS_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""Why a link is no file."""


def state_of(file: Path) -> State:
    """Give the state of a file.

    Args:
        file: The file.
    """
    stat = file.stat()
    return stat.st_size, stat.st_mtime_ns


def states_of(path: Path) -> dict[str, State]:
    """Give the state of every file in a folder, but for what Python makes of code.

    Args:
        path: The folder, or a file, which stands for itself; nothing where it is not there.

    Returns:
        The states, by the files' paths in the folder, sorted.
    """
    if path.is_file():
        return {path.name: state_of(path)}
    return dict(sorted(_inside(str(path))))


def _inside(path: str) -> Iterator[tuple[str, State]]:
    """Give the files of a folder, those that links lead to among them, with their states."""
    for around, folders, names in os.walk(path):  # ten times as fast as pathlib's
        folders[:] = [name for name in folders if name != _OF_PYTHON]
        for name in names:
            file = f"{around}/{name}"
            try:
                stat = os.stat(file)
            except OSError as error:
                if error.errno in _LEADS_NOWHERE:
                    continue
                raise
            if S_ISREG(stat.st_mode):
                yield file[len(path) + 1 :], (stat.st_size, stat.st_mtime_ns)
