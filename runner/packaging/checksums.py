"""Checksums of a model's files: what tells later whether one was changed."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_COMPILED = "__pycache__"
"""What Python leaves beside code that it has run."""


def checksums_of(folder: Path, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Hash every file of a model.

    Files are read beside each other, in pieces; of a model just written they are in memory still.

    Args:
        folder: The model folder.
        known: Hashes that were taken of files as they were made, by path: those are not read.

    Returns:
        SHA-256 of each file, as 64 hexadecimal digits, by its path in the folder; of a link that of
        the words ``link to`` and where it leads.
    """
    names = sorted(_names(folder))
    with ThreadPoolExecutor() as pool:
        given = known or {}
        found = pool.map(lambda name: given.get(name) or _checksum(folder / name), names)
        return dict(zip(names, found, strict=True))


def _names(folder: Path) -> Iterator[str]:
    for around, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != _COMPILED]
        links = [name for name in folders if (Path(around) / name).is_symlink()]
        for name in (*files, *links):
            yield (Path(around) / name).relative_to(folder).as_posix()


def _checksum(file: Path) -> str:
    if file.is_symlink():
        return hashlib.sha256(f"link to {os.readlink(file)}".encode()).hexdigest()
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
