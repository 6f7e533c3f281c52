"""Requests as rows: whatever container a caller or the scoring server gives, a list comes out."""

import ast
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .errors import BadRequest, bad_row


def rows_of(data: Any, columns: Sequence[str]) -> list[Any]:
    """Split a request into rows.

    Args:
        data: DataFrame, list, dict, text, bytes or array.
        columns: Names of the input columns; empty where there is one without a name.

    Returns:
        A row each: a mapping by column, or the bare value.

    Raises:
        BadRequest: It is none of these.
    """
    match data:
        case pd.DataFrame():
            return _from_frame(data, columns)
        case dict():
            return _from_mapping(data, columns)
        case str() | bytes():
            return [data]
        case np.ndarray():
            return _from_array(data)
        case list() | tuple():
            return list(data)
        case pd.Series():
            return data.tolist()
        case _:
            raise BadRequest(f"a request is a DataFrame, list, dict or text, not {kind_of(data)}")


def _from_frame(frame: pd.DataFrame, columns: Sequence[str]) -> list[Any]:
    if columns:
        records = _one_table(frame) or frame.to_dict(orient="records")
        return [{str(k): v for k, v in row.items() if not _is_absent(v)} for row in records]
    if frame.shape[1] != 1:
        raise BadRequest(f"one column is wanted, {frame.shape[1]} came")
    return frame.iloc[:, 0].tolist()


def _one_table(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """Undo what MLflow's schema makes of ``{"query": …, "table": {column: cells}}``.

    Its frame has a row for each column of the table, and their names as the index.
    """
    if "table" not in frame or not all(isinstance(label, str) for label in frame.index):
        return []
    columns = [list(c) if isinstance(c, list | np.ndarray) else c for c in frame["table"]]
    if not all(isinstance(c, list) and not any(isinstance(x, dict) for x in c) for c in columns):
        return []
    rest = frame.drop(columns="table").iloc[0].to_dict()
    return [{**rest, "table": dict(zip(frame.index, columns, strict=True))}]


def _from_mapping(data: dict[str, Any], columns: Sequence[str]) -> list[Any]:
    if not columns:
        if len(data) != 1:
            raise BadRequest(f"one input is wanted, {len(data)} came: {', '.join(map(str, data))}")
        return rows_of(next(iter(data.values())), ())
    given = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in data.items()}
    lists = [v for v in given.values() if isinstance(v, list)]
    if len(lists) == len(given) and len({len(v) for v in lists}) == 1:
        return [dict(zip(given, values, strict=True)) for values in zip(*lists, strict=True)]
    return [given]


def _from_array(data: np.ndarray[Any, Any]) -> list[Any]:
    if data.dtype.kind in "fiu":
        return [data] if data.ndim == 1 else list(data)
    return data.ravel().tolist()


def texts(rows: Sequence[Any]) -> list[str]:
    """Insist that every row is text, or one text under a name.

    Raises:
        BadRequest: One is not; the error names it.
    """
    bare: list[Any] = [
        next(iter(r.values())) if isinstance(r, dict) and len(r) == 1 else r for r in rows
    ]
    for number, row in enumerate(bare):
        if not isinstance(row, str):
            raise bad_row(number, f"text is wanted, not {kind_of(row)}")
    return bare


def records(rows: Sequence[Any], needed: Sequence[str], first: int = 0) -> list[dict[str, Any]]:
    """Insist that every row is a mapping that has what is needed.

    Args:
        rows: The rows.
        needed: Names that each must have.
        first: Number of the first row, for errors.

    Raises:
        BadRequest: One is not; the error names it.
    """
    for number, row in enumerate(rows, first):
        if not isinstance(row, dict):
            raise bad_row(number, f"a mapping is wanted, not {kind_of(row)}")
        lacking = [name for name in needed if _is_absent(row.get(name))]
        if lacking:
            raise bad_row(number, f"`{lacking[0]}` is missing")
    return list(rows)


def structure(value: Any, number: int, name: str) -> Any:
    """Read a structured value that was sent as JSON text; one that was not is given as it is.

    MLflow's scoring server makes of a mapping or list the text that Python prints of it.

    Raises:
        BadRequest: It is text, and not JSON.
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        try:
            printed = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            printed = None
        if isinstance(printed, dict | list):
            return printed
        raise bad_row(number, f"`{name}` is not JSON: {error}") from error


def _is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def kind_of(value: Any) -> str:
    """Say what a value is, for errors: the name of its type, or that it is nothing."""
    return "nothing" if _is_absent(value) else type(value).__name__
