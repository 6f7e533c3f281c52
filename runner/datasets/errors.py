"""What is wrong with data, with its place: file, row, column."""

from collections.abc import Sequence
from typing import Any

from runner.errors import Exit, RunnerError


class DataError(RunnerError):
    """A dataset cannot be read, or a row of it is not what the recipe says.

    Args:
        message: What is wrong, with the file and, where there is one, row and column.
        remedy: What to do about it.
    """

    code = "data-failed"
    exit = Exit.OUTSIDE_FAILED


def at_row(name: str, row: int | str, column: str = "") -> str:
    """Say where something is: ``reviews.csv, row 7, column text``.

    Args:
        name: The dataset.
        row: The row as its format counts it, from 1, the header not counted; or its id.
        column: The column; empty for the whole row.
    """
    return f"{name}, row {row}" + (f", column {column}" if column else "")


def insist_on_names(name: str, columns: Sequence[str]) -> list[str]:
    """Give the columns, once each is seen to have a name of its own.

    Args:
        name: The file.
        columns: The names of its columns.

    Raises:
        DataError: Two have one.
    """
    if len({*columns}) < len(columns):
        twice = min(one for one in columns if columns.count(one) > 1)
        message = f"{name} has two columns of the name {twice or 'nothing'}."
        raise DataError(message, "Give each column a name of its own.")
    return list(columns)


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Give an object of JSON, which Python would take the last of two values of one name for.

    Args:
        pairs: Its names and values.

    Raises:
        ValueError: A name comes twice.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'an object has "{twice}" twice')
    return found
