"""Expectations: whether an output is what the recipe says it must be."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from runner.evaluation.rows import brief, is_table
from runner.recipe.language.evaluation import Expectation


def unmet(expectation: Expectation, row: Any) -> str:
    """Say why a row does not meet an expectation; nothing where it does.

    Args:
        expectation: The expectation.
        row: The output of one input; of a table its first row, the best one.

    Returns:
        One sentence, or nothing.
    """
    value = row
    if expectation.column is not None:
        row = row[0] if is_table(row) else row
        if not isinstance(row, dict) or expectation.column not in row:
            columns = ", ".join(row) if isinstance(row, dict) else "none"
            return f"there is no column {expectation.column}; the output has {columns}"
        value = row[expectation.column]
    shown = repr(brief(value))
    if expectation.contains is not None:
        return (
            ""
            if expectation.contains in str(value)
            else (f"{shown} does not contain {expectation.contains!r}")
        )
    if expectation.regex is not None:
        return (
            ""
            if re.search(expectation.regex, str(value))
            else (f"{shown} does not match /{expectation.regex}/")
        )
    if expectation.approx is not None:
        return _not_approx(value, expectation.approx, expectation.tolerance)
    return "" if value == expectation.equals else f"{shown} is not {expectation.equals!r}"


def _not_approx(value: Any, wanted: float, tolerance: float) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return f"{brief(value)!r} is not a number"
    if abs(float(value) - wanted) <= tolerance:
        return ""
    return f"{float(value):.6g} is not {wanted:.6g} ± {tolerance:.2g}"


def cosine(left: Sequence[float], right: Sequence[float]) -> float:
    """Give the cosine of two vectors.

    Args:
        left: A vector.
        right: Another.
    """
    first, second = (np.asarray(one, dtype=np.float64) for one in (left, right))
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))


def out_of_bounds(expectation: Expectation, similarity: float) -> str:
    """Say which bound a cosine breaks; nothing where it is within both."""
    if expectation.above is not None and not similarity > expectation.above:
        return f"the cosine is {similarity:.3f}, not above {expectation.above:g}"
    if expectation.below is not None and not similarity < expectation.below:
        return f"the cosine is {similarity:.3f}, not below {expectation.below:g}"
    return ""


def rows_for(expectation: Expectation, rows: Sequence[Any]) -> list[tuple[int, Any]]:
    """Give the rows an expectation is about, with their input's number."""
    if expectation.input is None:
        return list(enumerate(rows))
    return [(expectation.input, rows[expectation.input])]
