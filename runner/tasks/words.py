"""Words for values, the same in every message."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.tasks.base import JSON

_LONGEST = 40


def described(value: "JSON") -> str:
    """Say what a value is: ``the text "x"``, ``the number 3``, ``a list``.

    Args:
        value: The value.
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f'the text "{value if len(value) <= _LONGEST else value[:_LONGEST] + "…"}"'
        case list():
            return "a list"
        case dict():
            return "a mapping"
