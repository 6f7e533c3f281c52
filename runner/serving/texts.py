"""Texts of ``inputs`` and ``instances``, where MLflow makes one of whatever comes."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlflow.types.schema import ColSpec, DataType, Schema

from runner.serving.refusals import Refused

_FORMS = ("inputs", "instances")


def insist_on_texts(body: Mapping[str, Any], schema: Schema | None) -> None:
    """See that a text is wanted only where one came, as MLflow does for ``dataframe_split``.

    Of null it makes the text ``None`` here, of two texts in a row's place it drops one.

    Args:
        body: The request.
        schema: What the model takes.

    Raises:
        Refused: A row has something else; the refusal names it.
    """
    if schema is None or schema.is_tensor_spec():
        return
    columns = [one for one in schema.inputs if _is_text(one)]
    for form in _FORMS:
        for column in columns:
            for number, value in _values(body.get(form), column.name):
                if value is None and not column.required:
                    continue
                if not isinstance(value, str) and (column.name is None or not _is_nested(value)):
                    name = f"`{column.name}` is" if column.name else "text is"
                    raise Refused(400, f"row {number}: {name} wanted as text, not {_kind(value)}")


def _is_text(column: Any) -> bool:
    return isinstance(column, ColSpec) and column.type == DataType.string


def _is_nested(value: Any) -> bool:
    """Say whether a value may be the content of a column whose text is JSON."""
    return isinstance(value, dict | list)


def _values(given: Any, name: str | None) -> Iterator[tuple[int, Any]]:
    """Give the values of a column, each with the number of its row."""
    if name is None:
        alone = [] if given is None or isinstance(given, dict) else [given]
        yield from enumerate(given if isinstance(given, list) else alone)
    elif isinstance(given, dict) and name in given:
        yield from enumerate(given[name] if isinstance(given[name], list) else [given[name]])
    elif isinstance(given, list):
        for number, row in enumerate(given):
            if isinstance(row, dict) and name in row:
                yield number, row[name]


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
