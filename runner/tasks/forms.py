"""The form an input must have for a task: what a row is, and what a batch of rows is."""

from typing import Any

from runner.spelling import did_you_mean
from runner.tasks.base import Column, Task

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


def rows_of(task: Task, value: Any) -> list[Any]:
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
        One clause without its subject, such as ``is a number, not text``.
    """
    columns = [entry for entry in task.inputs if isinstance(entry, Column)]
    if not columns:
        fits = isinstance(row, list | str)
        return "" if fits else f"is {_kind(row)}; {task.name} takes {form_of(task)}"
    if not columns[0].name:
        return _value_problem(columns[0], row, structured=False)
    if not isinstance(row, dict):
        return f"is {_kind(row)}; {task.name} takes {form_of(task)}"
    given: dict[str, Any] = row
    for column in columns:
        if column.required and column.name not in given:
            return f"has no `{column.name}`; {task.name} takes {form_of(task)}"
    for key, value in given.items():
        column = next((c for c in columns if c.name == key), None)
        if column is None:
            hint = did_you_mean(key, [c.name for c in columns])
            return f"has `{key}`, which {task.name} does not take. {hint}".rstrip(". ")
        problem = _value_problem(column, value, structured=key in task.json_columns)
        if problem:
            return f"has a `{key}` that {problem}"
    return ""


def form_of(task: Task) -> str:
    """Give a task's form of input in words, for remedies."""
    columns = [entry for entry in task.inputs if isinstance(entry, Column)]
    if not columns:
        return "the path of a file, or a list of numbers"
    if not columns[0].name:
        return _wanted(columns[0], structured=False)
    names = [c.name if c.required else f"{c.name} (optional)" for c in columns]
    return f"a mapping with {', '.join(names)}"


def _value_problem(column: Column, value: Any, *, structured: bool) -> str:
    if column.type == "object" or (structured and isinstance(value, list | dict)):
        return ""
    kinds = _SCALARS[column.type]
    fits = isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)
    return "" if fits else f"is {_kind(value)}, not {_wanted(column, structured=structured)}"


def _wanted(column: Column, *, structured: bool) -> str:
    plain = "text" if column.type == "string" else column.type
    if column.media:
        plain = f"the path of {'an image' if column.media == 'image' else 'a recording'}"
    return f"{plain}, a list or a mapping" if structured else plain


def _kind(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "a truth value"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return type(value).__name__
