"""What is wrong with a request: a status 400 when served, an exception of MLflow's otherwise."""

from collections.abc import Generator
from contextlib import contextmanager

from mlflow.exceptions import MlflowException

from .upstream import INVALID_PARAMETER_VALUE, is_panic

_OF_THE_REQUEST = (ValueError, TypeError, KeyError, IndexError, OSError, AttributeError)


class BadRequest(MlflowException):
    """The input or the params cannot be used.

    Args:
        message: What is wrong, naming the row where it is one.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, error_code=INVALID_PARAMETER_VALUE)


def bad_row(number: int, why: str) -> BadRequest:
    """Make the error of one row, counted from 0."""
    return BadRequest(f"row {number}: {why}")


@contextmanager
def blaming(rows: list[int]) -> Generator[None]:
    """Turn what a model says of its input into an error that names the rows.

    Args:
        rows: Numbers of the rows that are run.
    """
    try:
        yield
    except MlflowException:
        raise
    except BaseException as error:
        if not (isinstance(error, _OF_THE_REQUEST) or is_panic(error)):
            raise
        which = f"row {rows[0]}" if len(rows) == 1 else f"rows {', '.join(map(str, rows))}"
        text = (str(error).strip() or "no more is known").splitlines()[0]
        raise BadRequest(f"{which}: {type(error).__name__}: {text}") from error
