"""Whether two answers are the same, as JSON has them."""

import math
from typing import Any

NEAR = 2e-5
"""A unit of the fifth decimal, to which numbers are rounded, and what rounding makes of one."""


def same(left: Any, right: Any) -> bool:
    """Compare: text exactly, numbers to the fifth decimal."""
    if left == right:  # most are, and this is found out fast
        return True
    match left, right:
        case dict(), dict():
            return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
        case list(), list():
            return len(left) == len(right) and all(map(same, left, right))
        case float(), float():
            return math.isclose(left, right, rel_tol=0, abs_tol=NEAR)
        case _:
            return left == right
