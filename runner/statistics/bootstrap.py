"""The bootstrap: how a number varies with the rows that it happens to be measured on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from runner.statistics.intervals import (
    EVERYWHERE,
    RESAMPLES,
    UNKNOWN,
    Interval,
    unseen,
    unseen_p,
)

Numbers = NDArray[np.float64]
_Counts = NDArray[np.uint16]
Aggregate = Callable[[Numbers], Numbers]
"""A number under several weightings of the rows: from ``(resamples, rows)`` to ``(resamples,)``."""

_BYTES = 8 * 2**20
_GROUPS = 400
_ALIKE = 1e-12


def bootstrap(
    aggregate: Aggregate,
    rows: int,
    *,
    confidence: float = 0.95,
    seed: int = 0,
    resamples: int = RESAMPLES,
    bounds: Interval = EVERYWHERE,
) -> Interval:
    """Give the interval of a number by resampling its rows.

    Args:
        aggregate: The number under given weights of the rows.
        rows: How many rows there are.
        confidence: Such as 0.95.
        seed: The same seed and number of rows draw the same resamples.
        resamples: How many.
        bounds: What the number can be; counts where no resample differs from another.
    """
    return replicate(aggregate, rows, seed=seed, resamples=resamples).interval(confidence, bounds)


def replicate(
    aggregate: Aggregate, rows: int, *, seed: int = 0, resamples: int = RESAMPLES
) -> "Replicates":
    """Give a number as it is, as it would be on other rows, and without some of them.

    Args:
        aggregate: The number under given weights of the rows.
        rows: How many rows there are.
        seed: The same seed and number of rows draw the same resamples.
        resamples: How many.
    """
    if not rows:
        return Replicates(rows, np.nan, np.zeros(0), np.zeros(0))
    return Replicates(
        rows=rows,
        value=float(aggregate(np.ones((1, rows)))[0]),
        drawn=np.concatenate([aggregate(some) for some in resampled(rows, resamples, seed)]),
        without=np.concatenate([aggregate(some) for some in jackknifed(rows)]),
    )


def resampled(rows: int, resamples: int, seed: int) -> Iterator[Numbers]:
    """Draw rows with replacement: how often each was drawn, some resamples at a time.

    Args:
        rows: How many there are, and how many are drawn.
        resamples: How often.
        seed: Of the draws.
    """
    few = rows * resamples * np.dtype(np.uint16).itemsize <= _BYTES
    drawn = _held(rows, resamples, seed) if few else _drawn(rows, resamples, seed)
    yield from (counts.astype(np.float64) for counts in drawn)


@lru_cache(maxsize=8)
def _held(rows: int, resamples: int, seed: int) -> "tuple[_Counts, ...]":
    """Draw once for all metrics, which see the same resamples."""
    return tuple(_drawn(rows, resamples, seed))


def _drawn(rows: int, resamples: int, seed: int) -> "Iterator[_Counts]":
    generator = np.random.default_rng(seed)
    for resample in _parts(resamples, rows):
        drawn = generator.integers(rows, size=(len(resample), rows))
        drawn += np.arange(len(resample))[:, None] * rows
        counts = np.bincount(drawn.ravel(), minlength=drawn.size)
        yield counts.reshape(drawn.shape).astype(np.uint16)


def jackknifed(rows: int) -> Iterator[Numbers]:
    """Leave out each row in turn; of many rows, each of 400 groups of them.

    Args:
        rows: How many there are.
    """
    groups = min(rows, _GROUPS)
    group_of = np.arange(rows) % groups
    for left_out in _parts(groups, rows):
        yield (group_of != np.array(left_out)[:, None]).astype(np.float64)


def _parts(count: int, rows: int) -> Iterator[range]:
    """Part so many weightings of rows that the weights of a part take no more than 8 MB."""
    at_once = max(1, _BYTES // (8 * rows))
    for first in range(0, count, at_once):
        yield range(first, min(first + at_once, count))


@dataclass(frozen=True)
class Replicates:
    """A number, and what it was on resamples of its rows.

    Args:
        rows: How many rows there are.
        value: The number on all rows.
        drawn: On each resample; nan where it is not defined there.
        without: With a row, or a group of rows, left out.
    """

    rows: int
    value: float
    drawn: Numbers
    without: Numbers

    def interval(self, confidence: float, bounds: Interval = EVERYWHERE) -> Interval:
        """Give the bias-corrected and accelerated interval, wider where there are few rows.

        Args:
            confidence: Such as 0.95.
            bounds: What the number can be; counts where no resample differs from another.

        Source: B. Efron, "Better bootstrap confidence intervals", JASA 82 (1987); the expansion
            for few rows is T. Hesterberg's, "What teachers should know about the bootstrap",
            The American Statistician 69 (2015): a bootstrap of n rows is too narrow by
            sqrt((n - 1) / n), and knows the normal deviate where Student's is needed.
        """
        if not self._enough:
            return UNKNOWN
        if self.alike:
            return unseen(self.value, self.rows, confidence, bounds)
        ends = self._corrected(np.array([-1.0, 1.0]) * self._expanded(confidence))
        low, high = np.quantile(self._defined, ends)
        return Interval(float(low), float(high))

    def p_value(self, null: float, bounds: Interval = EVERYWHERE) -> float:
        """Give the level at which the interval just reaches a value: two-sided.

        Args:
            null: The value, such as 0 for no difference.
            bounds: What the number can be; counts where no resample differs from another.
        """
        from scipy.special import ndtri, stdtr

        if not self._enough:
            return np.nan
        if self.alike:
            return unseen_p(self.value, null, self.rows, bounds)
        count = len(self._defined)
        below = np.sum(self._defined < null) + np.sum(self._defined == null) / 2
        corrected = ndtri((below + 0.5) / (count + 1)) - self._bias
        plain = corrected / (1 + self._acceleration * corrected) - self._bias
        student = abs(plain) * np.sqrt((self.rows - 1) / self.rows)
        return float(2 * stdtr(self.rows - 1, -student))

    def symmetric_interval(self, confidence: float, bounds: Interval = EVERYWHERE) -> Interval:
        """Give Student's interval about the number, with the standard error of the resamples.

        Args:
            confidence: Such as 0.95.
            bounds: What the number can be.

        Source: of rows that lean to neither side Student's test is right or careful, B. Efron,
            "Student's t-test under symmetry conditions", JASA 64 (1969).
        """
        if not self._enough or self.alike:
            return self.interval(confidence, bounds)
        reach = self._expanded(confidence) * float(np.std(self._defined))
        low, high = self.value - reach, self.value + reach
        return Interval(max(low, bounds.low), min(high, bounds.high))

    def symmetric_p(self, null: float, bounds: Interval = EVERYWHERE) -> float:
        """Give the level at which the symmetric interval just reaches a value: two-sided.

        Args:
            null: The value, such as 0 for no difference.
            bounds: What the number can be; counts where no resample differs from another.
        """
        from scipy.special import stdtr

        if not self._enough or self.alike:
            return self.p_value(null, bounds)
        error = float(np.std(self._defined)) * np.sqrt(self.rows / (self.rows - 1))
        return float(2 * stdtr(self.rows - 1, -abs(self.value - null) / error))

    @cached_property
    def alike(self) -> bool:
        """Whether no resample differs from the number itself."""
        scale = max(abs(self.value), 1.0)
        return bool(np.all(np.abs(self._defined - self.value) <= _ALIKE * scale))

    @property
    def _enough(self) -> bool:
        """Whether there is a number, of several rows, and on most resamples."""
        return (
            self.rows > 1 and self.value == self.value and 2 * len(self._defined) > len(self.drawn)
        )

    @cached_property
    def _defined(self) -> Numbers:
        return self.drawn[~np.isnan(self.drawn)]

    @cached_property
    def _bias(self) -> float:
        """How far the middle of the resamples is from the number, in standard errors."""
        from scipy.special import ndtri

        below = np.sum(self._defined < self.value) + np.sum(self._defined == self.value) / 2
        return float(ndtri((below + 0.5) / (len(self._defined) + 1)))

    @cached_property
    def _acceleration(self) -> float:
        """How fast the standard error changes with the number."""
        known = self.without[~np.isnan(self.without)]
        pull = known.mean() - known if len(known) else known
        spread = np.sum(pull**2) ** 1.5
        return float(np.sum(pull**3) / (6 * spread)) if spread > 0 else 0.0

    def _expanded(self, confidence: float) -> float:
        from scipy.special import stdtrit

        student = stdtrit(self.rows - 1, 0.5 + confidence / 2)
        return float(np.sqrt(self.rows / (self.rows - 1)) * student)

    def _corrected(self, deviates: Numbers) -> Numbers:
        from scipy.special import ndtr

        shifted = self._bias + deviates
        room = 1 - self._acceleration * shifted
        moved = np.where(room > 0, shifted / np.where(room > 0, room, 1), np.sign(shifted) * np.inf)
        return ndtr(self._bias + moved)
