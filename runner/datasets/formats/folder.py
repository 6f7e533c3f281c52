"""A folder of recordings or images: labels are the names of its folders, or stand in a file.

``metadata.csv`` or ``metadata.jsonl`` with a column ``file_name`` says more of each file, as the
Hugging Face ``imagefolder`` and ``audiofolder`` have it; else there are ``file`` and ``label``.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.datasets.errors import DataError, at_row
from runner.datasets.formats import FOLDER, delimited, json_lines

SUFFIXES = (FOLDER,)

_FILE, _LABEL, _NAMED = "file", "label", "file_name"
_METADATA = {"metadata.csv": delimited, "metadata.jsonl": json_lines}


def columns(path: Path) -> list[str]:
    """Give ``file``, and ``label`` or the columns of the metadata file."""
    if (metadata := _metadata(path)) is None:
        return [_FILE, _LABEL]
    described = _METADATA[metadata.name].columns(metadata)
    if _NAMED not in described:
        message = f"{path.name}/{metadata.name} has no column {_NAMED}."
        raise DataError(message, "It names the file that a row is about.")
    return [_FILE, *described]


def rows(path: Path, columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Give the files in order of their paths, or of the metadata file."""
    metadata = _metadata(path)
    if metadata is None:
        yield from _labelled_by_folder(path)
        return
    for number, row in enumerate(_METADATA[metadata.name].rows(metadata, columns), 1):
        name, where = row.get(_NAMED), at_row(f"{path.name}/{metadata.name}", number, _NAMED)
        if not isinstance(name, str) or not _is_inside(path, name):
            message = f"{where}: {'nothing' if name is None else name} is no file of the folder."
            raise DataError(message, "Name one inside it.")
        if not (path / name).is_file():
            raise DataError(f"{where}: {name} is not there.", "Name a file that is.")
        yield {**row, _FILE: name}


def _is_inside(path: Path, name: str) -> bool:
    try:
        (path / name).is_file()
        return (path / name).resolve().is_relative_to(path.resolve())
    except (OSError, ValueError):  # no file can have that name
        return False


def _metadata(path: Path) -> Path | None:
    return next((path / name for name in _METADATA if (path / name).is_file()), None)


def _labelled_by_folder(path: Path) -> Iterator[Mapping[str, Any]]:
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path)
        if any(part.startswith(".") for part in inside.parts):
            continue
        if file.is_symlink() and not file.exists():
            message = f"{path.name}: {inside} is a link to what is not there."
            raise DataError(message, "Fetch the file, or remove the link.")
        if file.is_file():
            label = inside.parts[0] if inside.parts[1:] else None
            yield {_FILE: inside.as_posix(), _LABEL: label}
