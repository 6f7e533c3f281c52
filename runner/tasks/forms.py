"""The form an input must have for a task: what a row is, and what a batch of rows is."""

import json
from typing import Any, cast

from runner.tasks.base import Column, Task
from runner.tasks.media import MEDIA
from runner.text.spelling import did_you_mean
from runner.text.wording import described

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "binary": (bytes, str),
    "datetime": (str,),
}


def example_rows(task: Task, value: Any) -> list[Any]:
    """Give the rows that an example stands for: itself, or its items where it is a batch.

    Args:
        task: The task.
        value: An example as the recipe has it.
    """
    is_batch = isinstance(value, list) and bool(value) and bool(input_problem(task, value))
    return list(value) if is_batch else [value]


def input_problem(task: Task, row: Any) -> str:
    """Say why a value cannot be one row of a task's input; nothing where it can.

    Args:
        task: The task.
        row: The value, as a recipe has it.

    Returns:
        One clause without its subject, such as ``is the number 3; fill-mask takes text``.
    """
    if row is None:
        return f"is empty; {_takes(task)}"
    if task.forward:
        return _tensors_problem(task, row)
    columns = [entry for entry in task.inputs if isinstance(entry, Column)]
    if not columns:
        name = task.inputs[0].name
        value = row.get(name) if name and isinstance(row, dict) and len(row) == 1 else row
        fits = isinstance(value, list | str) and (value is not row or not name)
        return "" if fits else f"is {described(row)}; {_takes(task)}"
    if not columns[0].name:
        return "" if _fits(columns[0], row) else f"is {described(row)}, not {form_of(task)}"
    if not isinstance(row, dict):
        return f"is {described(row)}; {_takes(task)}"
    given: dict[str, Any] = row
    for column in columns:
        if column.required and column.name not in given:
            return f"has no `{column.name}`; {_takes(task)}"
    for key, value in given.items():
        column = next((c for c in columns if c.name == key), None)
        if column is None:
            hint = did_you_mean(key, [c.name for c in columns])
            return f"has `{key}`, which {task.name} does not take. {hint}".rstrip(". ")
        if problem := _column_problem(column, value, structured=key in task.json_columns):
            return problem
    return ""


def form_of(task: Task) -> str:
    """Give a task's form of input in words, for remedies."""
    if task.forward:
        return "a mapping of tensors, nested lists of numbers, or an empty one for made-up ones"
    columns = [entry for entry in task.inputs if isinstance(entry, Column)]
    if not columns:
        form, name = "the path of a file, or a list of numbers", task.inputs[0].name
        return f"a mapping with {name}: {form}" if name else form
    if not columns[0].name:
        return _wanted(columns[0], structured=False)
    names = [c.name if c.required else f"{c.name} (optional)" for c in columns]
    return f"a mapping with {', '.join(names)}"


def structured(value: Any) -> Any:
    """Read a structure that is written as JSON text; other text, as of labels, stays what it is.

    Args:
        value: What a column of structured values holds.
    """
    try:
        read: Any = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return value
    return read if isinstance(read, dict | list) else value


def _takes(task: Task) -> str:
    return f"{task.name} takes {form_of(task)}"


def _tensors_problem(task: Task, row: Any) -> str:
    if not isinstance(row, dict):
        return f"is {described(row)}; {_takes(task)}"
    for name, value in cast("dict[str, Any]", row).items():
        if _shape(value) is None:
            return f"has no tensor for `{name}`: lists of one length, with numbers in them"
    return ""


def _shape(value: Any) -> tuple[int, ...] | None:
    """Give the shape of nested lists of numbers; None where they have none."""
    if isinstance(value, bool | int | float):
        return ()
    if not isinstance(value, list) or not value:
        return None
    first, *others = [_shape(item) for item in cast("list[Any]", value)]
    return None if first is None or any(o != first for o in others) else (len(value), *first)


def _column_problem(column: Column, value: Any, *, structured: bool) -> str:
    if value is None:
        left_out = "" if column.required else ", or is left out"
        wanted = _wanted(column, structured=structured)
        return f"has an empty `{column.name}`; it takes {wanted}{left_out}"
    if not (structured and isinstance(value, list | dict)) and not _fits(column, value):
        wanted = _wanted(column, structured=structured)
        return f"has {described(value)} for `{column.name}`; it takes {wanted}"
    if column.argument and not column.argument.allows(value):
        return f"has {described(value)} for `{column.name}`; it takes {column.argument.wanted}"
    return ""


def _fits(column: Column, value: Any) -> bool:
    if column.type == "object":
        return True
    if column.listed and isinstance(value, list):
        return bool(value) and all(_fits(column, one) for one in value)
    kinds = _SCALARS[column.type]
    return isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)


def _wanted(column: Column, *, structured: bool) -> str:
    plain = column.argument.wanted if column.argument else column.type
    if column.type == "object":
        plain = "a list or a mapping"
    if column.media:
        plain = f"the path of {MEDIA[column.media].words}"
    if column.listed:
        plain = f"{plain}, or a list of it"
    return f"{plain}, a list or a mapping" if structured else plain
