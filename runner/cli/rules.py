"""Rules of deletion, as the command line has them: numbers of runs, and ages."""

import re
from argparse import ArgumentTypeError
from datetime import timedelta

_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGE = re.compile(r"(\d+)\s*(min|h|d|w)")


def count_of(text: str) -> int:
    """Read a number of runs.

    Args:
        text: Such as ``5``.

    Raises:
        ArgumentTypeError: It is none.
    """
    if not text.isdecimal():
        raise ArgumentTypeError(f"`{text}` is no number of runs")
    return int(text)


def age_of(text: str) -> timedelta:
    """Read an age.

    Args:
        text: Such as ``30d``, ``12h``, ``90min`` or ``2w``.

    Raises:
        ArgumentTypeError: It is none.
    """
    found = _AGE.fullmatch(text)
    if found is None:
        raise ArgumentTypeError(f"`{text}` is no age: write 30d, 12h, 90min or 2w")
    try:
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        raise ArgumentTypeError(f"`{text}` is longer than anybody remembers") from None
