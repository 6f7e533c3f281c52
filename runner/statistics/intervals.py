"""Intervals that need no resampling: shares, quantiles, and what was never seen to vary."""

from dataclasses import dataclass
from math import inf, isnan, nan, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

RESAMPLES = 2000
"""How often rows are drawn, unless something else is said."""


@dataclass(frozen=True)
class Interval:
    """Where a number may lie; both ends are nan where nothing can be said.

    Args:
        low: Lower end.
        high: Upper end.
    """

    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether anything can be said."""
        return not isnan(self.low) and not isnan(self.high)

    def hull(self, other: "Interval") -> "Interval":
        """Give the smallest interval that holds both.

        Args:
            other: Another, of the same number.
        """
        if not self.known or not other.known:
            return self if self.known else other
        return Interval(min(self.low, other.low), max(self.high, other.high))


UNKNOWN = Interval(nan, nan)
EVERYWHERE = Interval(-inf, inf)


def deviate(confidence: float) -> float:
    """Give how many standard errors a two-sided interval reaches to either side.

    Args:
        confidence: Such as 0.95, for 1.96.
    """
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(right: float, rows: float, confidence: float) -> Interval:
    """Give the score interval of a share.

    Args:
        right: How many rows are right; a fraction where rows have weights.
        rows: How many there are.
        confidence: Such as 0.95.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
        JASA 22 (1927).
    """
    if rows <= 0:
        return UNKNOWN
    z = deviate(confidence)
    share, more = right / rows, z * z / rows
    middle = (share + more / 2) / (1 + more)
    reach = z * sqrt(max(share * (1 - share), 0.0) / rows + more / rows / 4) / (1 + more)
    low, high = max(middle - reach, 0.0), min(middle + reach, 1.0)
    return Interval(0.0 if right <= 0 else low, 1.0 if right >= rows else high)


def unseen(value: float, rows: float, confidence: float, bounds: Interval) -> Interval:
    """Give the interval of a number of which every row says the same.

    Rows that say something else may exist and not be among these: at most a share z²/(rows + z²)
    of all, which is what Wilson's interval says of a share of which no row was seen. Each of them
    may say anything within the bounds.

    Args:
        value: The number.
        rows: How many rows said it.
        confidence: Such as 0.95.
        bounds: What the number can be.
    """
    share = wilson(0, rows, confidence).high
    return Interval(
        value - (value - bounds.low) * share if value > bounds.low else value,
        value + (bounds.high - value) * share if value < bounds.high else value,
    )


def unseen_p(value: float, null: float, rows: int, bounds: Interval) -> float:
    """Give the level at which the interval of :func:`unseen` just reaches a value.

    Args:
        value: The number that every row says.
        null: The value.
        rows: How many rows said it.
        bounds: What the number can be.
    """
    room = value - bounds.low if value > null else bounds.high - value
    share = abs(value - null) / room if room > 0 else float(value != null)
    if share >= 1:
        return 0.0
    return 2 * NormalDist().cdf(-sqrt(rows * share / (1 - share)))


def quantile(values: "Numbers", part: float, confidence: float) -> Interval:
    """Give the interval of a quantile, such as that of the 95th percentile of latencies.

    It is of two of the values themselves and assumes nothing of how they are spread; an end is
    infinite where there are too few values for it.

    Args:
        values: The values, in any order.
        part: Which quantile, such as 0.95.
        confidence: Such as 0.95.

    Source: W. J. Conover, "Practical Nonparametric Statistics", on confidence intervals for a
        quantile.
    """
    import numpy as np
    from scipy.special import bdtr

    if not len(values):
        return UNKNOWN
    ordered, rows, tail = np.sort(values), len(values), (1 - confidence) / 2
    below = bdtr(np.arange(rows, dtype=np.float64), rows, part)
    """Chance that at most so many values lie below the quantile."""
    low = int(np.searchsorted(below, tail, side="right"))
    high = int(np.searchsorted(below, 1 - tail, side="left")) + 1
    return Interval(
        float(ordered[low - 1]) if low else -inf,
        float(ordered[high - 1]) if high <= rows else inf,
    )
