"""JSONL: a JSON object a line; UTF-8."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.datasets.errors import DataError, at_row, once_each
from runner.text.wording import described

SUFFIXES = (".jsonl", ".ndjson")


def columns(path: Path) -> list[str]:
    """Give the names that the first object has."""
    return list(next(_objects(path), {}))


def rows(path: Path, columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Read the objects; a name that one leaves out is None."""
    for row in _objects(path):
        yield {**dict.fromkeys(columns), **row}


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    number = 0
    with path.open("rb") as opened:
        for line in opened:
            if not line.strip():
                continue
            number += 1
            yield _object(path.name, number, line)


def _object(name: str, number: int, line: bytes) -> dict[str, Any]:
    try:
        text = line.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=once_each)
    except UnicodeDecodeError as error:
        byte = line[error.start]
        message = f"{at_row(name, number)}: byte {byte:#x} is not UTF-8."
        raise DataError(message, "Save it as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{at_row(name, number)} is no JSON: {error}.", "Mend the line.") from error
    if not isinstance(value, dict):
        message = f"{at_row(name, number)} is {described(value)}, not an object."
        raise DataError(message, 'Write {"column": value, …}, one line a row.')
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a value of JSON")
