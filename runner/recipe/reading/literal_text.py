"""Free text: the fields whose ``${`` is text and never a reference to another value."""

from collections.abc import Callable
from typing import Any

from runner.findings import Loc

_LITERAL: frozenset[Loc] = frozenset(
    (
        ("description",),
        ("prompt_template",),
        ("input_example",),
        ("evaluation", "inputs"),
        ("evaluation", "expect"),
        ("load",),
    )
)


def is_literal(loc: Loc) -> bool:
    """Tell whether the value at ``loc`` is free text."""
    return loc[:1] in _LITERAL or loc[:2] in _LITERAL


def map_texts(value: Any, change: Callable[[Loc, str], Any], loc: Loc = ()) -> Any:
    """Copy plain values with every text in them changed.

    Args:
        value: A mapping, list or scalar.
        change: Given the path of a text and the text; gives what stands for it.
        loc: The path of ``value``.
    """
    match value:
        case dict():
            return {k: map_texts(v, change, (*loc, k)) for k, v in value.items()}
        case list():
            return [map_texts(v, change, (*loc, i)) for i, v in enumerate(value)]
        case str():
            return change(loc, value)
        case _:
            return value
