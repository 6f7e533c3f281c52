"""The folder of a point while a run works in it: held by one run at a time, clean, its own."""

import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runner.errors import FolderInUse
from runner.files.locked import holding
from runner.records import Observer, Step, peak_memory
from runner.tracking import NOTE

LOCK_FILE = ".lock"
"""The lock of a point's folder."""
_WORK = ".work-"
_MOMENTS, _MOMENT = 20, 0.05


@contextmanager
def working_in(
    folder: Path, observer: Observer, *, wait: bool = False, on: str = ""
) -> Generator[Path]:
    """Work in the folder of a point; what a killed run left half-done there goes.

    Args:
        folder: The folder; made where it is not there.
        observer: Told of the waiting.
        wait: Wait for whoever works in it, however long that takes.
        on: What is worked on, by its digest: who works on just that is waited for in any case.

    Yields:
        A folder in it for what is only needed meanwhile.

    Raises:
        FolderInUse: Another run works in it, and is not waited for.
    """
    with _holding(folder, observer, on, wait=wait):
        _sweep(folder)
        workdir = Path(tempfile.mkdtemp(prefix=_WORK, dir=folder))
        try:
            yield workdir
        finally:
            shutil.rmtree(workdir, ignore_errors=True)


def clear(folder: Path, uri: str | None) -> None:
    """Remove what a run left that was killed as it was done: no other will enter the folder.

    Args:
        folder: The folder of a point.
        uri: Where it is logged; None where it is not.
    """
    if (folder / LOCK_FILE).exists():
        with suppress(OSError), holding(folder / LOCK_FILE, wait=False):
            _sweep(folder)
            if uri and (folder / NOTE).exists():
                from runner.tracking.attempts import forget  # brings mlflow

                forget(folder, uri)


def _sweep(folder: Path) -> None:
    for stale in folder.glob(f"{_WORK}*"):
        shutil.rmtree(stale, ignore_errors=True)


@contextmanager
def _holding(folder: Path, observer: Observer, on: str, *, wait: bool) -> Generator[None]:
    file = folder / LOCK_FILE
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(holding(file, wait=False))
        except BlockingIOError as error:
            said = _said(file)
            holder = _holder(said)
            if not (wait or (on and said.get("on") == on)):
                raise FolderInUse(
                    f"{folder} is in use: {holder} works in it.",
                    "Wait for it with --wait, or write elsewhere with out=DIR.",
                ) from error
            lock = _waited_for(stack, file, holder, observer)
        os.truncate(lock, 0)
        os.write(lock, json.dumps({**_this_run(), "on": on}).encode())
        yield


def _waited_for(stack: ExitStack, file: Path, holder: str, observer: Observer) -> int:
    observer.step_started(f"wait for {holder}")
    start = time.perf_counter()
    lock = stack.enter_context(holding(file))
    seconds = round(time.perf_counter() - start, 4)
    step = Step(name="wait", seconds=seconds, detail=holder, peak_memory=peak_memory())
    observer.step_finished(step)
    return lock


def _this_run() -> dict[str, str | int]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _said(file: Path) -> dict[str, Any]:
    """Give what the holder of a lock says; who has only just taken it says so in a moment."""
    for _ in range(_MOMENTS):
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            time.sleep(_MOMENT)
            continue
        return said if isinstance(said, dict) else {}
    return {}


def _holder(said: dict[str, Any]) -> str:
    if {"pid", "host", "since"} <= said.keys():
        return f"process {said['pid']} of {said['host']} (since {said['since']})"
    return "another run"


def is_held(folder: Path) -> bool:
    """Say whether a run works in a folder; what a killed one left does not count.

    Args:
        folder: The folder.
    """
    if not (folder / LOCK_FILE).exists():
        return False
    try:
        with holding(folder / LOCK_FILE, wait=False):
            return False
    except BlockingIOError:
        return True


@contextmanager
def alone_in(folder: Path) -> Generator[None]:
    """Keep runs out of a folder.

    Args:
        folder: The folder of a point.

    Raises:
        FolderInUse: A run works in it.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(holding(folder / LOCK_FILE, wait=False))
        except BlockingIOError as error:
            raise FolderInUse(f"{folder} is in use.", "Wait for the run to end.") from error
        yield
