"""CSV and TSV: a header, then a row a record; UTF-8."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.datasets.errors import DataError, at_row, insist_on_names
from runner.text.wording import counted

SUFFIXES = (".csv", ".tsv")

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_OF_OTHERS = ";,\t|"
_LONGEST_CELL = 2**30


def columns(path: Path) -> list[str]:
    """Give the header."""
    return next(_records(path))


def rows(path: Path, columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Read the records; every cell is text, an empty one is None."""
    records = _records(path)
    header = next(records)
    _insist_on_separator(path, header)
    for number, record in enumerate(records, 1):
        if len(record) != len(header):
            message = (
                f"{at_row(path.name, number)} has {counted(len(record), 'cell')}, "
                f"the header {len(header)}."
            )
            raise DataError(message, "Quote cells that hold a separator or a line break.")
        for name, cell in zip(header, record, strict=True):
            _insist_utf8(path, cell, number, name)
        yield {name: cell or None for name, cell in zip(header, record, strict=True)}


def _records(path: Path) -> Iterator[list[str]]:
    """Give the header, checked, and then every record that is not an empty line."""
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as opened:
        reader = csv.reader(opened, delimiter=_SEPARATORS[path.suffix.lower()], strict=True)
        try:
            found = (record for record in reader if record)
            header = next(found, None)
            if header is None:
                raise DataError(f"{path.name} is empty.", "Give it a header and rows.")
            for name in header:
                _insist_utf8(path, name, 0, name)
            yield insist_on_names(path.name, header)
            yield from found
        except csv.Error as error:
            message = f"{path.name}, line {reader.line_num}: {error}."
            raise DataError(message, "Mend the quotes; a quote inside is doubled.") from error


def _insist_on_separator(path: Path, header: Sequence[str]) -> None:
    """See that the one column of a file is no header of several, separated by something else."""
    (first, *others) = header
    found = "" if others else next((one for one in _OF_OTHERS if one in first), "")
    if not found or _is_quoted(path):
        return
    own = "commas" if path.suffix.lower() == ".csv" else "tabs"
    shown = "a tab" if found == "\t" else f"`{found}`"
    raise DataError(
        f"{path.name} has one column, `{first}`: {shown} seems to separate its cells.",
        f"Separate cells by {own} in a file of this name; quote the header of one column.",
    )


def _is_quoted(path: Path) -> bool:
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as opened:
        return opened.read(1) == '"'


def _insist_utf8(path: Path, cell: str, row: int, column: str) -> None:
    if cell.isascii():
        return
    try:
        cell.encode()
    except UnicodeEncodeError as error:
        byte = ord(cell[error.start]) - 0xDC00
        where = at_row(path.name, row, column) if row else f"{path.name}, header"
        raise DataError(f"{where}: byte {byte:#x} is not UTF-8.", "Save it as UTF-8.") from error
