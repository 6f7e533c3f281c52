"""Two models on the same rows: the difference, row by row."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from runner.statistics.bootstrap import Aggregate, Numbers, replicate
from runner.statistics.intervals import EVERYWHERE, RESAMPLES, Interval, deviate


@dataclass(frozen=True)
class Comparison:
    """A difference of two models on the same rows.

    Args:
        effect: The first one's number less the second one's.
        interval: Where the difference may lie.
        p: Chance of a difference at least as large where there is none.
    """

    effect: float
    interval: Interval
    p: float


def paired(
    first: Aggregate,
    second: Aggregate,
    rows: int,
    *,
    confidence: float = 0.95,
    seed: int = 0,
    resamples: int = RESAMPLES,
    bounds: Interval = EVERYWHERE,
) -> Comparison:
    """Compare two numbers on the same rows: both see the same resamples.

    Where two models are as good, their differences lean to neither side, and what few rows seem to
    lean is chance. The corrections of BCa take it for more than that: of 15 rows most of which do
    not differ they see a difference 16 times of 100. So the interval holds Student's too, and p is
    the larger of both. Interval and p agree: p is below ``1 - confidence`` where the interval
    leaves out 0.

    Args:
        first: One model's number under given weights of the rows.
        second: The other's; row i of both is the same row of the dataset.
        rows: How many rows there are.
        confidence: Such as 0.95.
        seed: Of the resamples.
        resamples: How many.
        bounds: What the difference can be; counts where no resample differs from another.
    """
    both = replicate(lambda w: first(w) - second(w), rows, seed=seed, resamples=resamples)
    leaning, even = (ask(confidence, bounds) for ask in (both.interval, both.symmetric_interval))
    p = max(both.p_value(0.0, bounds), both.symmetric_p(0.0, bounds))
    return Comparison(both.value, leaning.hull(even), p)


def paired_shares(first: Numbers, second: Numbers, confidence: float = 0.95) -> Comparison:
    """Compare two shares of right rows on the same rows.

    Args:
        first: 1 where one model is right, else 0, shape ``(rows,)``.
        second: The same of the other.
        confidence: Such as 0.95.

    Returns:
        The difference with McNemar's exact p and the interval of Bonett and Price; the two come
        of different reasoning, and may differ where p is close to ``1 - confidence``.

    Source: D. G. Bonett and R. M. Price, "Adjusted Wald confidence interval for a difference of
        binomial proportions based on paired data", Journal of Educational and Behavioral
        Statistics 37 (2012).
    """
    rows = len(first)
    if not rows:
        return Comparison(np.nan, Interval(np.nan, np.nan), np.nan)
    only_first, only_second = _alone(first, second)
    more, less = (only_first + 1) / (rows + 2), (only_second + 1) / (rows + 2)
    reach = deviate(confidence) * sqrt((more + less - (more - less) ** 2) / (rows + 2))
    interval = Interval(max(more - less - reach, -1.0), min(more - less + reach, 1.0))
    effect = (only_first - only_second) / rows
    return Comparison(effect, interval, mcnemar(only_first, only_second))


def _alone(first: Numbers, second: Numbers) -> tuple[int, int]:
    """Count the rows that only one of the two has right."""
    return int(np.sum(first > second)), int(np.sum(first < second))


def mcnemar(only_first: int, only_second: int) -> float:
    """Give the exact p of McNemar's test: are these a fair coin's heads and tails?

    Args:
        only_first: Rows that only one model has right.
        only_second: Rows that only the other has right.
    """
    from scipy.special import bdtr

    fewer = float(min(only_first, only_second))
    return float(min(1.0, 2 * bdtr(fewer, only_first + only_second, 0.5)))
