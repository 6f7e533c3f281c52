"""Outputs as rows: one row an input, whatever container a view answered in."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from runner.tasks import Column, Tensor

_PYTHON = {
    "string": str,
    "boolean": bool | np.bool_,
    "integer": int | np.integer,
    "long": int | np.integer,
    "float": float | np.floating,
    "double": float | np.floating,
    "binary": bytes,
}
_SHORT = 200


def as_rows(output: Any) -> list[Any]:
    """Split an output into rows.

    Args:
        output: What ``predict`` gave: a DataFrame, an array, a list or one value.

    Returns:
        A row each: a dict for a DataFrame row, a sub-array, or an item.
    """
    match output:
        case pd.DataFrame():
            return output.to_dict(orient="records")
        case np.ndarray():
            return list(output)
        case list() | tuple():
            return list(output)
        case _:
            return [output]


def column_problem(row: Any, schema: Sequence[Column | Tensor]) -> str:
    """Say how a row's columns differ from the output schema; nothing where they agree."""
    names = [entry.name for entry in schema if entry.name]
    if isinstance(row, dict):
        given = [str(key) for key in row]
        if sorted(given) != sorted(names):
            return (
                f"columns are {', '.join(given)}, the signature says {', '.join(names) or 'none'}"
            )
    elif names:
        return f"a row is {type(row).__name__}, the signature says columns {', '.join(names)}"
    elif isinstance(schema[0], Tensor) and np.ndim(row) != len(schema[0].shape):
        return (
            f"a row has {np.ndim(row)} dimensions, the signature says {len(schema[0].shape)}: "
            f"shape {list(np.shape(row))}"
        )
    return ""


def type_problem(row: Any, schema: Sequence[Column | Tensor]) -> str:
    """Say which value of a row has another type than the output schema; nothing if none has."""
    for entry in schema:
        value = row.get(entry.name) if entry.name and isinstance(row, dict) else row
        if isinstance(entry, Tensor):
            kind = np.asarray(value).dtype
            if kind.kind != np.dtype(entry.dtype).kind:
                return f"values are {kind}, the signature says {entry.dtype}"
        elif not isinstance(value, _PYTHON[entry.type]):
            where = f"{entry.name} is" if entry.name else "a row is"
            return f"{where} {type(value).__name__}, the signature says {entry.type}"
    return ""


def same(left: Any, right: Any) -> bool:
    """Say whether two outputs are equal, numbers to within 1e-6."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, str) or isinstance(right, str):
        return left == right
    first, second = np.asarray(left), np.asarray(right)
    if first.shape != second.shape:
        return False
    if first.dtype.kind in "fiu" and second.dtype.kind in "fiu":
        return bool(np.allclose(first, second, atol=1e-6))
    return bool(np.array_equal(first, second))


def brief(row: Any) -> Any:
    """Give a row as JSON short enough to read in a record."""
    match row:
        case str():
            return row
        case dict():
            return {str(key): brief(value) for key, value in row.items()}
        case bool() | int() | float() | None:
            return row
        case list() if row and isinstance(row[0], dict | str):
            return [brief(item) for item in row]
        case np.generic():
            return row.item()
        case bytes():
            return f"<{len(row)} bytes>"
        case _ if np.asarray(row).dtype.kind in "fiu":
            array = np.asarray(row)
            head = [round(float(x), 6) for x in array.ravel()[:4]]
            return {"shape": list(array.shape), "head": head}
        case _:
            text = str(row)
            return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"
