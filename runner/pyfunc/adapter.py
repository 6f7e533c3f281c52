"""What an adapter is: it runs the rows of one task."""

from collections.abc import Iterator
from typing import Any, Protocol

from .errors import BadRequest
from .loading import Parts


class Adapter(Protocol):
    """Runs rows of one task."""

    def __init__(self, parts: Parts) -> None:
        """Get ready to run."""
        ...

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give an output a row."""
        ...

    def stream(self, rows: list[Any], options: dict[str, Any]) -> Iterator[Any]:
        """Give the output of one row piece by piece."""
        ...


class Whole:
    """An adapter whose output is known at the end alone.

    Args:
        parts: What runs.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def stream(self, rows: list[Any], options: dict[str, Any]) -> Iterator[Any]:  # noqa: ARG002
        """Refuse."""
        raise BadRequest(f"{self._parts.task} does not stream")
