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
    with holding(lock_beside(folder)):
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


def lock_beside(folder: Path) -> Path:
    """Give the lock file of a temporary folder, which the process that made it holds.

    Args:
        folder: The folder.
    """
    return folder.with_suffix(_LOCK)


def left_in(place: Path) -> list[Path]:
    """Give the folders that killed processes left in a place of temporary folders.

    Args:
        place: The place; it need not be there.

    Returns:
        The folders, sorted; those of the living, who hold their locks, are not among them.
    """
    return [folder for folder in _without_holder(place) if folder.is_dir()]


def _sweep(place: Path) -> None:
    for folder in _without_holder(place):
        shutil.rmtree(folder, ignore_errors=True)


def _without_holder(place: Path) -> list[Path]:
    """Give the folders, there or not, whose lock nobody holds; what is left of a lock goes."""
    folders = sorted({entry.with_suffix("") for entry in place.glob("*")})
    return [folder for folder in folders if not _is_held(lock_beside(folder))]


def _is_held(lock: Path) -> bool:
    """Say whether a process holds a lock; who lives has it from before its folder is made."""
    try:
        with holding(lock, wait=False):
            return False
    except BlockingIOError:
        return True
