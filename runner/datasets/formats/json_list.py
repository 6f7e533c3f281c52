"""JSON: a list of objects in one document; UTF-8. It is read whole: JSONL is for what is large."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.datasets.errors import DataError, at_row, once_each
from runner.text.wording import described

SUFFIXES = (".json",)


def columns(path: Path) -> list[str]:
    """Give the names that the first object has."""
    return list(next(iter(_objects(path)), {}))


def rows(path: Path, columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Give the objects; a name that one leaves out is None."""
    for row in _objects(path):
        yield {**dict.fromkeys(columns), **row}


def _objects(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=once_each)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path.name} is no JSON: {error}.", "Mend it.") from error
    if not isinstance(value, list):
        remedy = "Write a list of objects, or a file .jsonl with one a line."
        raise DataError(f"{path.name} holds {described(value)}, not a list of rows.", remedy)
    for number, row in enumerate(value, 1):
        if not isinstance(row, dict):
            message = f"{at_row(path.name, number)} is {described(row)}, not an object."
            raise DataError(message, 'Write {"column": value, …} for a row.')
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a value of JSON")
