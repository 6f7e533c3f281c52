"""Folders that are needed for a while: all in one place, and swept when a kill left them there."""

import os
import shutil
import stat
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from runner.files.locked import holding

_LOCK = ".lock"


def temporary_place() -> Path:
    """Give the folder that all temporary folders of this user are in.

    Returns:
        ``recipe-runner-<user>`` where temporary files go (``TMPDIR``); made where it is not there.

    Raises:
        OSError: It cannot be made, or is somebody else's.
    """
    here, name = Path(tempfile.gettempdir()), f"recipe-runner-{os.getuid()}"
    place = here.parent if here.parent.name == name else here / name
    with suppress(FileExistsError):
        place.mkdir(mode=0o700)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(13, "it is somebody else's", str(place))
    return place


@contextmanager
def temporary_folder(kind: str, place: Path | None = None) -> Generator[Path]:
    """Give a folder until it is no longer needed; what killed processes left goes before.

    Args:
        kind: What it is for, in a word: its name begins so.
        place: The folder that it is made in, which holds nothing else; where all others are that
            this user has, unless it is given.

    Yields:
        The folder, empty; held by a lock, so that no other process sweeps it.
    """
    place = place or temporary_place()
    _sweep(place)
    folder = place / f"{kind}-{uuid4().hex[:12]}"
    with holding(folder.with_suffix(_LOCK)):
        folder.mkdir(mode=0o700, parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporary_files_kept_together() -> Generator[None]:
    """Let the temporary files of libraries lie in a folder of ours, which is swept as all are.

    MLflow makes some for each text that it logs, and a kill would leave them. For processes of our
    own: where ``tempfile`` puts things holds for all threads.
    """
    usual = tempfile.tempdir
    with ExitStack() as stack:
        with suppress(OSError):  # who needs one is told of it
            tempfile.tempdir = str(stack.enter_context(temporary_folder("libraries")))
        try:
            yield
        finally:
            tempfile.tempdir = usual


def _sweep(place: Path) -> None:
    for lock in place.glob(f"*{_LOCK}"):
        with suppress(BlockingIOError), holding(lock, wait=False):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
    for folder in place.glob("*"):  # a living one has its lock from before it is made
        if folder.suffix != _LOCK and not folder.with_suffix(_LOCK).exists():
            shutil.rmtree(folder, ignore_errors=True)
