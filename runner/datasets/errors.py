"""What is wrong with data, with its place: file, row, column."""

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
