"""What an interval says of a threshold, and how many rows would say more."""

from enum import StrEnum
from math import ceil, isfinite
from typing import Literal, get_args

from runner.statistics.intervals import Interval, deviate

Operator = Literal[">=", ">", "<=", "<"]
OPERATORS: tuple[Operator, ...] = get_args(Operator)


class Decision(StrEnum):
    """What the rows say of a gate."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


def decide(interval: Interval, operator: Operator, threshold: float) -> Decision:
    """Say whether a number meets its threshold, as far as its interval allows.

    Args:
        interval: Where the number may lie; both ends the same for what was counted, not sampled.
        operator: How it is to stand to the threshold.
        threshold: The threshold.

    Returns:
        Passed where all of the interval meets it, failed where none does, else undecided.
    """
    if not interval.known:
        return Decision.UNDECIDED
    ends = [_holds(end, operator, threshold) for end in (interval.low, interval.high)]
    if all(ends):
        return Decision.PASSED
    return Decision.UNDECIDED if any(ends) else Decision.FAILED


def _holds(value: float, operator: Operator, threshold: float) -> bool:
    match operator:
        case ">=":
            return value >= threshold
        case ">":
            return value > threshold
        case "<=":
            return value <= threshold
        case "<":
            return value < threshold


def rows_needed(value: float, interval: Interval, threshold: float, rows: int) -> int | None:
    """Say about how many rows decide, if the value stays what it is: width goes with 1 / sqrt(n).

    Args:
        value: The number as measured.
        interval: Its interval.
        threshold: What it is held to.
        rows: How many rows it was measured on.

    Returns:
        At least one more than there are; None where no number of rows would do, or none is known.
    """
    end = interval.low if value > threshold else interval.high
    if value == threshold or not isfinite(end - value):
        return None
    return max(rows + 1, ceil(rows * ((end - value) / (value - threshold)) ** 2))


def rows_needed_for_share(
    share: float, threshold: float, rows: int, confidence: float
) -> int | None:
    """Say how many rows decide on a share, if it stays what it is: where Wilson's interval ends.

    Args:
        share: The share of right rows as measured.
        threshold: What it is held to, between 0 and 1.
        rows: How many rows it was measured on.
        confidence: Such as 0.95.

    Returns:
        At least one more than there are; None where no number of rows would do.
    """
    if share == threshold or not 0 <= threshold <= 1:
        return None
    variance = threshold * (1 - threshold)
    return max(rows + 1, ceil(deviate(confidence) ** 2 * variance / (share - threshold) ** 2))
