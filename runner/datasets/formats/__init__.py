"""The formats of data, a file each: every module here is a :class:`Format`."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from runner.datasets.errors import DataError
from runner.discovery import load, names_in
from runner.text.spelling import did_you_mean

FOLDER = ""
"""What stands for the suffix of a folder."""
INSIDE = "/"
"""What stands before the name of a file in place of a suffix: a folder that holds such a file."""


@runtime_checkable
class Format(Protocol):
    """A format: how its rows are read, as a stream."""

    SUFFIXES: Sequence[str]
    """Suffixes of its files, small letters; ``FOLDER``, or ``INSIDE`` and a name, for a folder."""

    def columns(self, path: Path) -> list[str]:
        """Give the names of the columns, without reading all rows.

        Args:
            path: The file or folder.

        Raises:
            DataError: It cannot be read.
        """
        ...

    def rows(self, path: Path, columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Read the rows in order, holding no more of them than a reader's block.

        Args:
            path: The file or folder.
            columns: The columns that are wanted; a row may have more.

        Yields:
            A mapping a row; None for a cell that is empty.

        Raises:
            DataError: It cannot be read, or a row is broken.
        """
        ...


@cache
def all_formats() -> MappingProxyType[str, Format]:
    """Give every format by suffix."""
    loaded = [load(__name__, name, Format) for name in names_in(__name__)]
    return MappingProxyType({suffix: one for one in loaded for suffix in one.SUFFIXES})


def format_of(path: Path) -> Format:
    """Give the format of a file or folder.

    Raises:
        DataError: It is not there, or of no format that is known.
    """
    if path.is_dir():
        marked = (s for s in all_formats() if s.startswith(INSIDE) and (path / s[1:]).is_file())
        return all_formats()[next(marked, FOLDER)]
    if problem := unknown_format(path.name):
        raise DataError(*problem)
    return all_formats()[path.suffix.lower()]


def unknown_format(name: str) -> tuple[str, str] | None:
    """Say what is wrong with a name whose suffix is of no format, and what to do.

    Args:
        name: The name of a file.
    """
    suffix, known = Path(name).suffix.lower(), [s for s in all_formats() if s.startswith(".")]
    if suffix in known:
        return None
    remedy = did_you_mean(suffix, known) or f"Its suffix is one of {', '.join(known)}."
    return f"{name}: {suffix or 'a name without a suffix'} is no format of data.", remedy
