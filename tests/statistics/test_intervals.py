"""Intervals that need no resampling, held to worked examples and to scipy."""

from math import inf, isnan

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from runner.statistics.intervals import Interval, quantile, unseen, unseen_p, wilson


def test_wilson_is_as_published() -> None:
    """81 of 263, method 3 of Newcombe, Statistics in Medicine 17 (1998), table I."""
    interval = wilson(81, 263, 0.95)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize(("right", "rows"), [(0, 1), (0, 20), (20, 20), (3, 7), (999, 1000)])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson_is_as_scipy_has_it(right: int, rows: int, confidence: float) -> None:
    expected = binomtest(right, rows).proportion_ci(confidence, method="wilson")
    interval = wilson(right, rows, confidence)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_no_right_row_and_no_wrong_one_end_at_0_and_1_to_the_last_digit() -> None:
    for rows in range(1, 200):
        assert wilson(0, rows, 0.95).low == 0
        assert wilson(rows, rows, 0.95).high == 1
        assert wilson(1, rows, 0.95).low > 0


def test_a_share_of_no_rows_is_not_known() -> None:
    assert not wilson(0, 0, 0.95).known


def test_wilson_covers_shares_as_often_as_it_says() -> None:
    """Exactly, over the binomial distribution: on average over shares, and never far off."""
    for rows in (10, 20, 50, 200):
        shares = np.linspace(0.02, 0.98, 97)
        intervals = [wilson(right, rows, 0.95) for right in range(rows + 1)]
        chance = [
            sum(
                binom.pmf(right, rows, share)
                for right, interval in enumerate(intervals)
                if interval.low <= share <= interval.high
            )
            for share in shares
        ]
        assert np.mean(chance) == pytest.approx(0.95, abs=0.015)
        assert min(chance) > 0.83


def test_rows_that_all_say_the_same_leave_as_much_open_as_wilson_does() -> None:
    bounds = Interval(0, 1)
    expected = wilson(30, 30, 0.95)
    interval = unseen(1.0, 30, 0.95, bounds)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    middle = unseen(0.5, 30, 0.95, bounds)
    assert 0.4 < middle.low < 0.5 < middle.high < 0.6
    assert unseen(2.0, 30, 0.95, Interval(0, inf)).high == inf


def test_the_level_at_which_rows_that_say_the_same_reach_a_value_fits_their_interval() -> None:
    for value, bounds in ((0.25, Interval(-1, 1)), (0.5, Interval(0, 0.9)), (5, Interval(-2, 9))):
        interval = unseen(value, 40, 0.95, bounds)
        for end in (interval.low, interval.high):
            assert unseen_p(value, end, 40, bounds) == pytest.approx(0.05)
    assert unseen_p(0.0, 0.0, 40, bounds) == 1
    assert unseen_p(0.1, 0.0, 40, Interval(-inf, inf)) == 1
    assert unseen_p(1.0, 0.5, 40, Interval(1, 1)) == 0


def test_what_lies_beyond_the_bounds_is_drawn_no_further() -> None:
    """An error rate may be above 1, which is as bad as one can count on."""
    above, below = (unseen(value, 20, 0.95, Interval(0, 1)) for value in (1.5, -0.5))
    assert above.low < above.high == 1.5
    assert -0.5 == below.low < below.high


def test_the_smallest_interval_around_two_takes_the_known_one_alone() -> None:
    assert Interval(0.2, 0.4).hull(Interval(0.3, 0.6)) == Interval(0.2, 0.6)
    assert wilson(0, 0, 0.95).hull(Interval(0.3, 0.6)) == Interval(0.3, 0.6)
    assert Interval(0.3, 0.6).hull(wilson(0, 0, 0.95)) == Interval(0.3, 0.6)


def test_the_interval_of_a_median_is_as_in_the_tables() -> None:
    """n = 20: the 6th and the 15th value, at 95.9 %; n = 8: the 1st and the 8th."""
    assert quantile(np.arange(20, 0, -1.0), 0.5, 0.95) == Interval(6, 15)
    assert quantile(np.arange(1.0, 9.0), 0.5, 0.95) == Interval(1, 8)
    assert quantile(np.array([2.0, 1.0]), 0.5, 0.5) == Interval(1, 2)  # covered every other time
    assert quantile(np.array([2.0, 1.0]), 0.5, 0.95) == Interval(-inf, inf)


def test_few_values_say_nothing_of_how_slow_the_slowest_are() -> None:
    interval = quantile(np.arange(1.0, 21.0), 0.95, 0.95)
    assert interval.high == inf
    assert interval.low < 20
    assert isnan(quantile(np.zeros(0), 0.95, 0.95).low)


@pytest.mark.parametrize("part", [0.5, 0.95])
def test_quantiles_are_covered_at_least_as_often_as_said(part: float) -> None:
    generator = np.random.default_rng(0)
    covered = []
    for _ in range(2000):
        interval = quantile(generator.exponential(size=150), part, 0.95)
        covered.append(interval.low <= -np.log(1 - part) <= interval.high)
    assert 0.945 <= np.mean(covered) <= 0.98
