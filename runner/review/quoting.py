"""Values of recipes in the cells of a review."""

from typing import Any

import yaml

from runner.review.rules import ABSENT
from runner.text.quoting import code

_LONGEST = 60
_NOTHING = "–"


def is_long(value: Any) -> bool:
    """Tell whether a value is too long for a cell, or holds what no cell can show."""
    text = in_words(value)
    return len(text) > _LONGEST or "\n" in text or "\\|" in text


def in_words(value: Any) -> str:
    """Give a value as text: several lines as they are, all else as a recipe would have it.

    Args:
        value: A plain value; ``ABSENT`` is an empty text.
    """
    if value is ABSENT:
        return ""
    if isinstance(value, str) and "\n" in value:
        return value
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    return text.removesuffix("\n").removesuffix("\n...")


def cell(value: Any) -> str:
    """Give a value as code in a cell of a table.

    Args:
        value: A plain value that is not long.
    """
    return _NOTHING if value is ABSENT else code(in_words(value), in_table=True)
