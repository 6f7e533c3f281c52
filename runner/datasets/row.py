"""A row of a dataset: its cells, each that is asked for there and a value."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.datasets.errors import DataError, at_row

Columns = str | Mapping[str, str]
"""A column, or columns by the name of what they hold."""
_HALF = re.compile("[\ud800-\udfff]")

Place = tuple[str, int]
"""The name of a file and the number of a row in it, from 1."""


class Row(NamedTuple):
    """A row as its format gives it, with its number among all and its place."""

    number: int
    place: Place
    cells: Mapping[str, Any]


def cells(row: Row, columns: Columns) -> Any:
    """Give the value of a column, or those of columns by the name of what they hold.

    Args:
        row: The row.
        columns: The columns.

    Raises:
        DataError: It lacks one, or one is empty.
    """
    if isinstance(columns, str):
        return cell(row, columns)
    return {name: cell(row, column) for name, column in columns.items()}


def cell(row: Row, column: str) -> Any:
    """Give the value of a column.

    Args:
        row: The row.
        column: The column.

    Raises:
        DataError: It is not there, empty, or no text that a file can hold.
    """
    if column not in row.cells:
        raise lacking(row, column)
    value = row.cells[column]
    if value is None or value != value:
        message = f"{at_row(*row.place, column)} is empty."
        raise DataError(message, f"Fill it in, or leave it out: where: {column} is not null")
    insist_on_unicode(row.place, column, value)
    return value


def insist_on_unicode(place: Place, column: str, value: Any) -> None:
    """See that a file can hold what stands in a cell, and the name of its column.

    Args:
        place: Where the row is.
        column: The column.
        value: What stands there.

    Raises:
        DataError: It has half of a character.
    """
    if not (_is_unicode(column) and _is_unicode(value)):
        message = f"{at_row(*place, column)} has half of a surrogate pair."
        raise DataError(message, "Mend the text: no file in UTF-8 can hold it.")


def lacking(row: Row, column: str) -> DataError:
    """Say that a row lacks a column.

    Args:
        row: The row.
        column: The column.
    """
    return DataError(f"{at_row(*row.place)} has no column {column}.", "Give it one.")


def _is_unicode(value: Any) -> bool:
    """Tell whether all text in a value is: JSON can escape half of a character alone."""
    match value:
        case str():
            return value.isascii() or not _HALF.search(value)
        case dict():
            return all(_is_unicode(one) for pair in value.items() for one in pair)
        case list():
            return all(map(_is_unicode, value))
        case _:
            return True
