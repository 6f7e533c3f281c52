"""Outputs as rows: one row an input, whatever container a view answered in."""

import re
from collections.abc import Iterator, Sequence
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
_COUNTED = ("id", "created")
_LACKING = re.compile(r"\b(Half|BFloat16|Double)\b")


def as_rows(output: Any) -> list[Any]:
    """Split an output into rows.

    Args:
        output: What ``predict`` gave: a table, a column, an array, what is iterated, or one value.

    Returns:
        A row each: a dict for a DataFrame row, a sub-array, or an item.
    """
    match output:
        case pd.DataFrame():
            return output.to_dict(orient="records")
        case np.ndarray() if output.ndim:
            return list(output)
        case list() | tuple() | Iterator():
            return list(output)
        case _ if hasattr(output, "tolist"):  # a Series, a tensor, a number of numpy
            return as_rows(output.tolist())
        case _:
            return [output]


def column_problem(row: Any, schema: Sequence[Column | Tensor]) -> str:
    """Say how a row's columns differ from the output schema; nothing where they agree."""
    names = [entry.name for entry in schema if isinstance(entry, Column) and entry.name]
    if isinstance(row, dict) and not isinstance(schema[0], Tensor):
        given = [str(key) for key in row]
        needed = {e.name for e in schema if isinstance(e, Column) and e.name and e.required}
        if not needed <= set(given) <= set(names):
            return (
                f"columns are {', '.join(given)}, the signature says {', '.join(names) or 'none'}"
            )
    elif names:
        return f"a row is {type(row).__name__}, the signature says columns {', '.join(names)}"
    elif isinstance(schema[0], Tensor):
        shape, wanted = np.asarray(row, dtype=object).shape, len(schema[0].shape)
        if len(shape) != wanted:
            return f"a row has {len(shape)} dimensions, the signature says {wanted}: {list(shape)}"
    return ""


def type_problem(row: Any, schema: Sequence[Column | Tensor]) -> str:
    """Say which value of a row has another type than the output schema; nothing if none has."""
    for entry in schema:
        value = row.get(entry.name) if entry.name and isinstance(row, dict) else row
        if isinstance(entry, Tensor):
            kind = np.asarray(value).dtype
            if kind.kind != np.dtype(entry.dtype).kind:
                return f"values are {kind}, the signature says {entry.dtype}"
        elif entry.type == "object" or (value is None and not entry.required):
            continue
        elif wrong := _of_another_type(value, entry):
            where = f"{entry.name} is" if entry.name else "a row is"
            return f"{where} {wrong}, the signature says {_name_of(entry)}"
    return ""


def _of_another_type(value: Any, entry: Column) -> str:
    """Give the type of a value that has another one than its column; nothing where it fits."""
    items: Any = value if entry.many else [value]
    if not isinstance(items, list | np.ndarray):
        return type(value).__name__
    wrong = (one for one in items if not isinstance(one, _PYTHON[entry.type]))
    wrong = (one for one in wrong if not (one is None and not entry.required))
    return next((f"{_a_list_of(entry)}{type(one).__name__}" for one in wrong), "")


def _name_of(entry: Column) -> str:
    return f"{_a_list_of(entry)}{entry.type}"


def _a_list_of(entry: Column) -> str:
    return "a list of " if entry.many else ""


def is_table(row: Any) -> bool:
    """Say whether the output of one input is a table of several rows."""
    return isinstance(row, list) and bool(row) and isinstance(row[0], dict)


def alike(left: Any, right: Any) -> bool:
    """Say whether two outputs are the same, but for what a server counts up: ids and times."""
    if isinstance(left, dict) and isinstance(right, dict):
        left, right = ({k: v for k, v in x.items() if k not in _COUNTED} for x in (left, right))
    return same(left, right)


def say(error: Exception) -> str:
    """Give an error's kind and first line; what a device cannot do is said in plain words."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    lacking = _LACKING.search(str(error))
    advice = f" (this device cannot run {lacking[0]}: take dtype float32)" if lacking else ""
    return f"{type(error).__name__}: {text}{advice}"


def same(left: Any, right: Any, atol: float = 1e-6, rtol: float = 1e-5) -> bool:
    """Say whether two outputs are equal.

    Args:
        left: An output.
        right: Another.
        atol: What numbers may differ by.
        rtol: What they may differ by beside it, as a part of the second.
    """
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(
            same(a, b, atol, rtol) for a, b in zip(left, right, strict=True)
        )
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            same(left[k], right[k], atol, rtol) for k in left
        )
    if isinstance(left, str) or isinstance(right, str):
        return left == right
    first, second = np.asarray(left), np.asarray(right)
    if first.shape != second.shape:
        return False
    if first.dtype.kind in "fiu" and second.dtype.kind in "fiu":
        return bool(np.allclose(first, second, atol=atol, rtol=rtol))
    return bool(np.array_equal(first, second))


def _is_ragged(row: list[Any]) -> bool:
    """Say whether a list holds lists or arrays of unequal shapes, such as those of two texts."""
    try:
        np.asarray(row)
    except ValueError:
        return True
    return False


def brief(row: Any) -> Any:
    """Give a row as JSON short enough to read in a record."""
    match row:
        case str():
            return row
        case dict():
            return {str(key): brief(value) for key, value in row.items()}
        case bool() | int() | float() | None:
            return row
        case list() if row and (isinstance(row[0], dict | str) or _is_ragged(row)):
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
