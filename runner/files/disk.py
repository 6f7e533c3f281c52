"""Files that appear whole, and what a machine says no with when one is written."""

import errno
import glob
import os
import re
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from runner.errors import ResourceError, RunnerError, StorageError
from runner.files.locked import holding

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_WRITABLE = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EIO, errno.ESTALE, errno.ENXIO, errno.EBUSY),
    *(errno.ETXTBSY, errno.EMLINK, errno.ENODEV),
}
_NO_FILES = {errno.EMFILE, errno.ENFILE}
_OS_ERROR = re.compile(r"\(os error (\d+)\)")
_NO_MEMORY = re.compile(
    r"can't allocate memory|Cannot allocate memory|failed to map segment|can't start new thread"
)
_NO_TEMPORARY = "No usable temporary directory"
_ELSEWHERE = "write elsewhere with out=DIR"
_TRIES = "Close what else runs, or raise the limit (`ulimit -a` shows it)."


@contextmanager
def replacing(file: Path, *, shared: bool = False) -> Generator[Path]:
    """Write a file aside, and put it in its place in one move.

    Args:
        file: The file; one that is there stays until then.
        shared: Whether other processes may write it at the same time: the last one stays.

    Yields:
        Where to write, beside it; what is there is gone where the writing fails.
    """
    staged = staged_for(file, f".{os.getpid()}" if shared else "")
    with ExitStack() as stack:
        if shared:
            _sweep(file)
            stack.enter_context(holding(staged))
        try:
            yield staged
            os.replace(staged, file)
        except BaseException as error:
            if isinstance(error, OSError) and error.filename is None:
                error.filename = str(file)  # a disk that is full does not say of which file
            staged.unlink(missing_ok=True)
            raise


def staged_for(file: Path, own: str = "") -> Path:
    """Give where a file is written before it is in its place; what is there was left by a kill.

    Args:
        file: The file.
        own: What tells who writes it, where several do.
    """
    return file.with_name(f".{file.name}{own}.partial")


def _sweep(file: Path) -> None:
    """Remove what killed processes left of a file that several write; the living hold theirs."""
    for left in file.parent.glob(f".{glob.escape(file.name)}.*.partial"):
        with suppress(BlockingIOError), holding(left, wait=False):
            pass  # it goes with whoever held it last


def write_whole(file: Path, text: str) -> None:
    """Write a file in one move.

    Args:
        file: The file.
        text: What is to be in it.
    """
    with replacing(file) as staged:
        staged.write_text(text, encoding="utf-8")


@contextmanager
def failing_as_storage(folder: Path | None = None) -> Generator[None]:
    """Turn what the machine says no with into an error of the runner.

    Args:
        folder: The folder that is written to, named where the system names no file.

    Raises:
        StorageError: The disk is full, may not be written to, or its folder is gone.
        ResourceError: There is no memory or no file descriptor left.

    Source: ``errno``; safetensors puts the number into the text of an error of its own.
    """
    try:
        yield
    except Exception as error:
        if told := _told(error, folder):
            raise told from error
        raise


def raise_if_short(error: OSError) -> None:
    """Raise an error again that says nothing of the file: the machine has no descriptors left.

    Args:
        error: The error of a file that cannot be read.
    """
    if error.errno in _NO_FILES:
        raise error


def _told(error: Exception, folder: Path | None) -> RunnerError | None:
    if isinstance(error, RunnerError):  # told already
        return None
    match = _OS_ERROR.search(str(error))
    number = error.errno if isinstance(error, OSError) else match and int(match[1])
    file = error.filename if isinstance(error, OSError) else None
    if number in _NO_ROOM:
        return StorageError(
            f"no room left in {folder or _around(file)}: {os.strerror(number)}",
            f"Free some space, or {_ELSEWHERE}. Nothing was left half-written.",
        )
    if number in _NOT_WRITABLE and isinstance(error, OSError):
        return _not_written(f"{file or folder}", os.strerror(number))
    if number == errno.ENOENT and _NO_TEMPORARY in str(error):
        return StorageError("No temporary file can be written.", "Free some space, or set TMPDIR.")
    if number == errno.ENOENT and (gone := _gone(file)):
        return _not_written(gone, "the folder is gone")
    if number in _NO_FILES:
        return ResourceError(f"No file can be opened any more: {os.strerror(number)}.", _TRIES)
    if isinstance(error, MemoryError) or number == errno.ENOMEM or _NO_MEMORY.search(str(error)):
        return ResourceError("There is not enough memory for this.", _TRIES)
    return None


def _not_written(what: str, why: str) -> StorageError:
    return StorageError(
        f"{what} cannot be written: {why}", f"{_ELSEWHERE[0].upper()}{_ELSEWHERE[1:]}."
    )


def _gone(file: object) -> str:
    """Give the folder that somebody took away; nothing where it is there."""
    if file is None:
        return "" if _has_working_directory() else "the working directory"
    folder = _around(file)
    return "" if os.path.isdir(folder) else folder


def _around(file: object) -> str:
    """Give the folder of a file that the system names."""
    return os.path.dirname(os.fsdecode(file)) or "." if isinstance(file, str | bytes) else "."


def _has_working_directory() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True
