"""Checksums of a model's files: what tells later whether one was changed."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from runner.errors import SourceError
from runner.files.temporary import temporary_folder
from runner.packaging.described import DESCRIPTION, Described

_OF_THE_REGISTRY = {"registered_model_meta"}
"""What MLflow puts into a registered model that is fetched: its name and version."""
_MOST_REWRITTEN = 2**18
"""Bytes of a description that is written anew to be compared: MLflow writes YAML slowly."""
_COMPILED = "__pycache__"
"""What Python leaves beside code that it has run."""


def checksums_of(folder: Path, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Hash every file of a model.

    Files are read beside each other, in pieces; of a model just written they are in memory still.

    Args:
        folder: The model folder.
        known: Hashes that are known already, by path: those files are not read.

    Returns:
        SHA-256 of each file, as 64 hexadecimal digits, by its path in the folder; of a link that of
        the words ``link to`` and where it leads.
    """
    names = sorted(_names(folder))
    with ThreadPoolExecutor() as pool:
        given = known or {}
        found = pool.map(lambda name: given.get(name) or _checksum(folder / name), names)
        return dict(zip(names, found, strict=True))


def checksum_unlogged(folder: Path) -> str:
    """Hash the description of a model without what MLflow adds when it is logged: its run.

    Args:
        folder: The model folder.

    Returns:
        The hash; nothing of a description that cannot be read, is too large to be written anew, or
        is not as MLflow writes it, byte by byte: that counts as changed.
    """
    if (folder / DESCRIPTION).stat().st_size > _MOST_REWRITTEN:
        return ""
    try:
        described = Described.of(folder).description
    except SourceError:
        return ""
    with temporary_folder("verify") as workdir:
        written = Path(workdir) / DESCRIPTION
        described.save(str(written))
        if written.read_bytes() != (folder / DESCRIPTION).read_bytes():
            return ""
        described.model_id = described.run_id = described.artifact_path = None
        described.save(str(written))
        return _checksum(written)


def changed_since(were: Mapping[str, str], are: Mapping[str, str]) -> dict[str, str]:
    """Say what became of files: ``changed``, ``added`` or ``gone``, by path; others are as before.

    Args:
        were: The checksums that they had.
        are: Those that they have.
    """
    said = {name: "gone" for name in were.keys() - are.keys()}
    said |= {name: "added" for name in are.keys() - were.keys() - _OF_THE_REGISTRY}
    said |= {name: "changed" for name in were.keys() & are.keys() if were[name] != are[name]}
    return dict(sorted(said.items()))


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
