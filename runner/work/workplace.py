"""The folder of a point while a run works in it: held by one run at a time, clean, its own."""

import fcntl
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from runner.errors import FolderInUse
from runner.records import Observer, Step, peak_memory

_LOCK = ".lock"
_WORK = ".work-"


@contextmanager
def working_in(folder: Path, observer: Observer, *, wait: bool = False) -> Generator[Path]:
    """Work in the folder of a point; what a killed run left half-done there goes.

    Args:
        folder: The folder; made where it is not there.
        observer: Told of the waiting.
        wait: Wait for whoever works in it, however long that takes.

    Yields:
        A folder in it for what is only needed meanwhile.

    Raises:
        FolderInUse: Another run works in it, and is not waited for.
    """
    with _holding(folder, observer, wait=wait):
        for stale in folder.glob(f"{_WORK}*"):
            shutil.rmtree(stale, ignore_errors=True)
        workdir = Path(tempfile.mkdtemp(prefix=_WORK, dir=folder))
        try:
            yield workdir
        finally:
            shutil.rmtree(workdir, ignore_errors=True)


@contextmanager
def _holding(folder: Path, observer: Observer, *, wait: bool) -> Generator[None]:
    """Hold a lock that only the living hold.

    The system lets go of the lock of a process that dies, however it dies. The file goes with the
    lock: nothing of it is left in the folder.
    """
    file = folder / _LOCK
    try:
        lock = _locked(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = _holder(file)
        if not wait:
            raise FolderInUse(
                f"{folder} is in use: {holder} works in it.",
                "Wait for it with --wait, or write elsewhere with out=DIR.",
            ) from error
        lock = _waited_for(file, holder, observer)
    try:
        os.truncate(lock, 0)
        os.write(lock, json.dumps(_this_run()).encode())
        yield
    finally:
        file.unlink(missing_ok=True)
        os.close(lock)


def _waited_for(file: Path, holder: str, observer: Observer) -> int:
    observer.step_started(f"wait for {holder}")
    start = time.perf_counter()
    lock = _locked(file, fcntl.LOCK_EX)
    seconds = round(time.perf_counter() - start, 4)
    step = Step(name="wait", seconds=seconds, detail=holder, peak_memory=peak_memory())
    observer.step_finished(step)
    return lock


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


def _this_run() -> dict[str, str | int]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _holder(file: Path) -> str:
    """Say who holds a lock; who has only just taken it may not have said so yet."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return f"process {said['pid']} of {said['host']} (since {said['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run"
