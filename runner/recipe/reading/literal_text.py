"""Free text: the fields whose ``${`` is text and never a reference to another value."""

import re
from collections.abc import Callable
from typing import Any

from runner.findings import Loc

_LITERAL: tuple[Loc, ...] = (
    ("description",),
    ("prompt_template",),
    ("input_example",),
    ("evaluation", "inputs"),
    ("evaluation", "expect"),
    ("load",),
)
_OPENING = re.compile(r"(\\*)\$\{")


def is_literal(loc: Loc) -> bool:
    """Tell whether the value at ``loc`` is free text."""
    return any(loc[: len(prefix)] == prefix for prefix in _LITERAL)


def escaped(values: dict[str, Any]) -> dict[str, Any]:
    """Copy values so that OmegaConf gives back every free text exactly as written.

    Args:
        values: Values of a recipe file.

    Source: OmegaConf's grammar: a backslash before ``${`` makes it text, and backslashes right
    before that one count double.
    """
    return map_texts(
        values, lambda loc, text: _OPENING.sub(_escape, text) if is_literal(loc) else text
    )


def _escape(opening: re.Match[str]) -> str:
    return opening[1] * 2 + "\\${"


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
