"""What an adapter is: it runs the rows of one task; a model names the one that serves it."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Protocol

from .errors import BadRequest
from .loading import Parts
from .rows import rows_of


class Adapter(Protocol):
    """Runs rows of one task."""

    def __init__(self, parts: Parts) -> None:
        """Get ready to run."""
        ...

    def rows(self, data: Any) -> list[Any]:
        """Split a request into rows."""
        ...

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give an output a row."""
        ...

    def stream(self, rows: list[Any], options: dict[str, Any]) -> Iterator[Any]:
        """Give the output of one row piece by piece."""
        ...


def adapter_for(parts: Parts) -> Adapter:
    """Give the adapter of a model.

    Args:
        parts: What runs, with the name of its adapter.
    """
    module, _, name = parts.adapter.partition(":")
    kind: type[Adapter] = getattr(import_module(f".{module}", __package__), name)
    return kind(parts)


class ByRow:
    """An adapter whose requests are values, or columns of them.

    Args:
        parts: What runs.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def rows(self, data: Any) -> list[Any]:
        """Split a request into rows; one value a row comes bare, whether it has a name or not."""
        columns = self._parts.columns
        if len(columns) != 1:
            return rows_of(data, columns)
        named = {*columns}
        rows = rows_of(data, ())
        return [r[columns[0]] if isinstance(r, dict) and r.keys() == named else r for r in rows]


class Whole(ByRow):
    """An adapter whose output is known at the end alone."""

    def stream(self, rows: list[Any], options: dict[str, Any]) -> Iterator[Any]:
        """Refuse."""
        raise BadRequest(f"{self._parts.task} does not stream")
