"""Put files in place with the fewest bytes on the disk: cloned, linked, or copied."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from runner.errors import StorageError
from runner.files.disk import failing_as_storage

Way = Literal["reflink", "hardlink", "copy"]

_FICLONE = 0x40049409


def clone_file(source: Path, target: Path) -> Way:
    """Copy a file, copy-on-write where the file system can.

    Args:
        source: Existing file.
        target: File to create.

    Returns:
        ``reflink`` where both now share their blocks until one is changed, else ``copy``.

    Raises:
        OSError: The disk would not take it.

    Source: ``ioctl_ficlonerange(2)``; ``copy_file_range(2)`` behind ``shutil`` otherwise.
    """
    if _reflink(source, target):
        return "reflink"
    with source.open("rb") as reader, target.open("wb") as writer:
        _copy_range(reader.fileno(), writer.fileno(), os.fstat(reader.fileno()).st_size)
    return "copy"


def share_file(source: Path, target: Path) -> Way:
    """Make a file appear at a second place without a second copy of its bytes.

    Args:
        source: Existing file that is not changed in place any more.
        target: File to create.

    Returns:
        ``reflink``, else ``hardlink``, else, across file systems, ``copy``.
    """
    if _reflink(source, target):
        return "reflink"
    try:
        os.link(source, target)
    except OSError:
        return clone_file(source, target)
    return "hardlink"


def _reflink(source: Path, target: Path) -> bool:
    try:
        import fcntl
    except ImportError:
        return False
    try:
        with source.open("rb") as reader, target.open("wb") as writer:
            fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
    except OSError:
        with suppress(FileNotFoundError):
            target.unlink()
        return False
    return True


def _copy_range(reader: int, writer: int, size: int) -> None:
    """Copy inside the kernel where it can, through a buffer where it cannot."""
    copied = 0
    if hasattr(os, "copy_file_range"):
        with suppress(OSError):
            while copied < size:
                count = os.copy_file_range(reader, writer, min(size - copied, 2**30))
                if not count:
                    break
                copied += count
    os.lseek(reader, copied, os.SEEK_SET)
    os.lseek(writer, copied, os.SEEK_SET)
    with os.fdopen(os.dup(reader), "rb") as source, os.fdopen(os.dup(writer), "wb") as target:
        shutil.copyfileobj(source, target, 2**20)


def need_room(folder: Path, size: int) -> None:
    """Refuse before writing what will not fit.

    Args:
        folder: Existing folder on the disk in question.
        size: Bytes about to be written.

    Raises:
        StorageError: Fewer bytes are free.
    """
    free = shutil.disk_usage(folder).free
    if free < size:
        raise StorageError(
            f"{folder} has {free / 1e9:.2f} GB free and the model needs {size / 1e9:.2f} GB",
            "Free some space, or write elsewhere with out=DIR.",
        )


@contextmanager
def appearing(target: Path) -> Generator[Path]:
    """Build a folder out of sight and let it appear whole, or not at all.

    Args:
        target: The folder to appear. One that is there is replaced.

    Yields:
        The staging folder, beside ``target``, to fill.

    Raises:
        StorageError: The disk would not take it; ``target`` is as it was.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{target.name}.partial")
    old = target.with_name(f".{target.name}.old")
    if old.is_dir() and not target.exists():  # a run was killed between the two renames
        os.rename(old, target)
    for stale in (staged, old):
        shutil.rmtree(stale, ignore_errors=True)
    try:
        with failing_as_storage(target.parent):
            staged.mkdir()
            yield staged
            _open_to_readers(staged)
            if target.exists():
                os.rename(target, old)
            os.rename(staged, target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _open_to_readers(folder: Path) -> None:
    """Give every file the mode the user's umask gives: safetensors writes 600."""
    umask = os.umask(0)
    os.umask(umask)
    for file in folder.rglob("*"):
        if file.is_file():
            file.chmod(0o666 & ~umask)
