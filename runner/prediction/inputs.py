"""Rows of a file as a model's signature wants them: which column is which input, of what type."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.types.schema import ColSpec, DataType, Schema

from runner.prediction.errors import PredictError
from runner.tasks import Column, Task
from runner.text.spelling import did_you_mean

UNNAMED = ""
"""The name of the one input of a model whose signature names none."""
_FILE = "file"
_USUAL = ("text", _FILE)
_LONGEST_PATH = 1024
_TRUTHS = {"true": True, "false": False}


class BadCell(ValueError):
    """A cell is not what the model takes; says which column and why."""


@dataclass(frozen=True)
class Input:
    """An input of the model.

    Args:
        name: Its name in the signature; ``UNNAMED`` for the one that has none.
        column: The column of the data that it comes from.
        type: Its type there; None where there is no signature, and a cell is given as it is.
        required: Whether a row without it is wrong.
        file: Whether a cell may name a file: of an image, or a recording.
    """

    name: str
    column: str
    type: Any
    required: bool
    file: bool = False


def inputs_of(schema: Schema | None, said: Mapping[str, str], there: Sequence[str]) -> list[Input]:
    """Say which column of the data each input of a model comes from.

    Args:
        schema: The inputs of the model's signature; None where it has no signature.
        said: What the caller says: columns by input, the one without a name by ``UNNAMED``.
        there: The columns of the data.

    Raises:
        PredictError: An input has no column, or takes no columns at all.
    """
    if schema is None:
        return [_input(name or column, column, None, there) for name, column in said.items()] or [
            Input(column, column, None, required=True) for column in there
        ]
    if schema.is_tensor_spec():
        message = "the model takes tensors, which a table has none of"
        raise PredictError("tensor-input", f"{message}.", "Ask it from Python.")
    columns = [column for column in schema.inputs if isinstance(column, ColSpec)]
    if not schema.has_input_names():
        return [_input(UNNAMED, _only(said, there), columns[0], there)]
    names = [str(column.name) for column in columns]
    if wrong := [name for name in said if name not in names]:
        told = wrong[0] or said[wrong[0]]
        hint = did_you_mean(told, names) or f"It has {', '.join(names)}."
        message = (
            f"the model has no input `{told}`" if wrong[0] else "the model's inputs have names"
        )
        raise PredictError("unknown-input", f"{message}.", hint)
    wanted = [c for c in columns if c.required or str(c.name) in {*said, *there}]
    return [_input(str(c.name), said.get(str(c.name), str(c.name)), c, there) for c in wanted]


def _input(name: str, column: str, spec: ColSpec | None, there: Sequence[str]) -> Input:
    if column not in there:
        what = f"no column `{column}`" + (
            f" for the input `{name}`" if name not in ("", column) else ""
        )
        hint = did_you_mean(column, there) or f"They have {', '.join(there)}."
        hint += " Name it with --inputs." if spec is not None else ""
        raise PredictError("column-missing", f"the data have {what}.", hint)
    return Input(name, column, spec and spec.type, spec is None or bool(spec.required))


def _only(said: Mapping[str, str], there: Sequence[str]) -> str:
    """Give the column that the only input comes from."""
    if len(said) == 1:
        return next(iter(said.values()))
    usual = next((name for name in _USUAL if name in there), None)
    return usual or (there[0] if len(there) == 1 else _USUAL[0])


def with_files(inputs: Sequence[Input], task: Task | None, data: Path) -> list[Input]:
    """Say which inputs are files: what the task says of its own, else the files of a folder.

    Args:
        inputs: The inputs.
        task: The task of the model, where it says one.
        data: The data.

    Raises:
        PredictError: The data are a folder of files, and the task takes none.
    """
    columns = [entry for entry in task.inputs if isinstance(entry, Column)] if task else []
    media = {column.name or UNNAMED for column in columns if column.media}
    if task and not task.media and data.is_dir() and any(o.column == _FILE for o in inputs):
        message = f"{data} is a folder of images or recordings, of which {task.name} takes none."
        raise PredictError("file-input", message, "Give a table, or name a column with --inputs.")
    return [
        replace(one, file=one.name in media or (data.is_dir() and one.column == _FILE))
        for one in inputs
    ]


def row_of(inputs: Sequence[Input], cells: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Give a row as the model takes it; an optional input without a value is left out.

    Args:
        inputs: The inputs.
        cells: The row of the data.
        folder: Folder that files which cells name are in.

    Raises:
        BadCell: A cell is empty, or not of its type.
    """
    row: dict[str, Any] = {}
    for one in inputs:
        value = cells.get(one.column)
        if value is not None:
            row[one.name] = _typed(one, value, folder)
        elif one.required:
            raise BadCell(f"column {one.column} is empty")
    return row


def frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Put rows together as MLflow's models take them.

    Args:
        rows: The rows; all with the same inputs.
    """
    names = list(rows[0])
    called: dict[str, Any] = {name: 0 if name == UNNAMED else name for name in names}
    columns = {called[name]: pd.Series([row[name] for row in rows], dtype=object) for name in names}
    return pd.DataFrame(columns).infer_objects()


def _typed(one: Input, value: Any, folder: Path) -> Any:
    if one.file and (found := _inside(folder, value)):
        return found.read_bytes() if one.type == DataType.binary else str(found.absolute())
    if one.type is None:
        return value
    how = _HOW.get(one.type, _structure) if isinstance(one.type, DataType) else _structure
    try:
        return how(value, folder)
    except (ValueError, TypeError, OSError) as error:
        shown = repr(value)[:80]
        raise BadCell(f"column {one.column}: {shown} is not of type {one.type}") from error


def _text(value: Any, _: Path) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _whole(value: Any, _: Path) -> int:
    """Read a whole number; pandas writes those of a column with holes as ``2.0``."""
    number = float(value)
    if isinstance(value, bool) or not number.is_integer():
        raise ValueError
    try:
        return int(value)
    except ValueError:
        return int(number)


def _number(value: Any, _: Path) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _truth(value: Any, _: Path) -> bool:
    if str(value).lower() not in _TRUTHS:
        raise ValueError
    return _TRUTHS[str(value).lower()]


def _bytes(value: Any, _: Path) -> bytes:
    """Read base64, as it is sent to servers."""
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode("".join(str(value).split()), validate=True)
    except binascii.Error as error:
        raise ValueError from error


def _inside(folder: Path, value: Any) -> Path | None:
    """Give the file that a cell names; none that is not in the folder of the data."""
    if not isinstance(value, str) or len(value) > _LONGEST_PATH or "\0" in value:
        return None
    file = folder / value
    return file if file.is_file() and file.resolve().is_relative_to(folder.resolve()) else None


def _structure(value: Any, _: Path) -> Any:
    return json.loads(value) if isinstance(value, str) else value


_HOW: Mapping[Any, Callable[[Any, Path], Any]] = {
    DataType.string: _text,
    DataType.integer: _whole,
    DataType.long: _whole,
    DataType.float: _number,
    DataType.double: _number,
    DataType.boolean: _truth,
    DataType.binary: _bytes,
}
