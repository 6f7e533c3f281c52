"""A lock that only the living hold: the system lets go of it however its holder dies."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def holding(file: Path, *, wait: bool = True) -> Generator[int]:
    """Hold the lock of a file, which is made for it and goes with it.

    Args:
        file: The file; its folder is made where it is not there.
        wait: Wait for whoever holds it.

    Yields:
        The open file, to say in it who holds it.

    Raises:
        BlockingIOError: Somebody holds it, and is not waited for.
        OSError: The file cannot be made.

    Source: ``flock(2)``.
    """
    lock = _locked(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield lock
    finally:
        file.unlink(missing_ok=True)
        os.close(lock)


def _locked(file: Path, how: int) -> int:
    """Open a file and lock it; one that its last holder took away meanwhile is no lock."""
    while True:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, how)
            if os.path.samestat(os.fstat(lock), file.stat()):
                return lock
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)
