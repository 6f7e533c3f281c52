"""What an interval says of a threshold, and how many rows would say more."""

from math import nan

import pytest

from runner.statistics.deciding import (
    Decision,
    decide,
    rows_needed,
    rows_needed_for_share,
)
from runner.statistics.intervals import Interval, wilson


@pytest.mark.parametrize(
    ("operator", "threshold", "decision"),
    [
        (">=", 0.8, Decision.PASSED),
        (">", 0.8, Decision.UNDECIDED),
        (">=", 0.85, Decision.UNDECIDED),
        (">=", 0.9, Decision.UNDECIDED),
        (">", 0.9, Decision.FAILED),
        (">=", 0.91, Decision.FAILED),
        ("<=", 0.9, Decision.PASSED),
        ("<", 0.9, Decision.UNDECIDED),
        ("<=", 0.8, Decision.UNDECIDED),
        ("<", 0.8, Decision.FAILED),
        ("<=", 0.7, Decision.FAILED),
    ],
)
def test_a_gate_says_yes_or_no_only_where_all_of_the_interval_does(
    operator, threshold, decision
) -> None:
    assert decide(Interval(0.8, 0.9), operator, threshold) is decision


def test_what_has_no_interval_decides_nothing() -> None:
    assert decide(Interval(nan, nan), "<=", 1) is Decision.UNDECIDED


def test_what_was_counted_and_not_sampled_is_decided() -> None:
    assert decide(Interval(3, 3), "<=", 3) is Decision.PASSED
    assert decide(Interval(3, 3), "<", 3) is Decision.FAILED


@pytest.mark.parametrize(("share", "threshold"), [(0.95, 0.9), (1.0, 0.9), (0.9, 0.92), (0, 0.5)])
def test_so_many_rows_decide_on_a_share_and_fewer_do_not(share: float, threshold: float) -> None:
    def decided(rows: int) -> bool:
        interval = wilson(share * rows, rows, 0.95)
        return decide(interval, ">=", threshold) is not Decision.UNDECIDED

    needed = rows_needed_for_share(share, threshold, 1, 0.95)
    assert decided(needed)
    assert not decided(needed - 1)


def test_so_many_rows_are_needed_as_make_the_interval_narrow_enough() -> None:
    assert rows_needed(0.5, Interval(0.4, 0.7), 0.45, rows=100) == 400
    assert rows_needed(0.5, Interval(0.4, 0.7), 0.55, rows=100) == 1600
    assert rows_needed(0.5, Interval(0.4, 0.7), 0.4, rows=100) == 101


def test_one_row_more_is_asked_for_at_least() -> None:
    assert rows_needed_for_share(0.9, 0.5, 1000, 0.95) == 1001
    for edge in (0, 1):  # where Wilson's interval of another share never ends
        assert rows_needed_for_share(0.9, edge, 10, 0.95) == 11


def test_no_number_of_rows_decides_on_the_threshold_itself() -> None:
    assert rows_needed(0.5, Interval(0.4, 0.7), 0.5, rows=100) is None
    assert rows_needed(0.5, Interval(nan, nan), 0.4, rows=1) is None
    assert rows_needed_for_share(0.9, 0.9, 100, 0.95) is None
    assert rows_needed_for_share(0.9, 1.2, 100, 0.95) is None
