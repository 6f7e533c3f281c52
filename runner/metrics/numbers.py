"""mae, rmse, r2, pearson and spearman: numbers beside numbers."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from runner.metrics.base import Additive, Mean, Measured, Metric
from runner.metrics.reading import number_of
from runner.metrics.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_ANY = (0.0, float("inf"))


def _wanted(target: Any) -> float:
    return number_of(target, "the target")


def _both(answer: Any, target: Any) -> tuple[float, float]:
    return number_of(answer), _wanted(target)


class Mae(Mean, frozen=True):
    """The mean distance of answers from targets.

    Args:
        name: Always ``mae``.
    """

    takes = frozenset({"number"})
    reads = staticmethod(_wanted)
    higher_is_better = False
    bounds = _ANY

    name: Literal["mae"]

    def measure(self, answer: Any, target: Any) -> Measured:
        """Take the distance."""
        given, wanted = _both(answer, target)
        return {"value": abs(given - wanted)}


class Rmse(Additive, frozen=True):
    """The root of the mean squared distance of answers from targets.

    Args:
        name: Always ``rmse``.
    """

    takes = frozenset({"number"})
    reads = staticmethod(_wanted)
    higher_is_better = False
    bounds = _ANY

    name: Literal["rmse"]

    def measure(self, answer: Any, target: Any) -> Measured:
        """Square the distance."""
        given, wanted = _both(answer, target)
        return {"square": (given - wanted) ** 2}

    def value(self, sums: Mapping[str, "Numbers"]) -> "Numbers":
        """Take the root of the mean."""
        return (sums["square"] / sums["rows"]) ** 0.5


class Pairs(Metric, frozen=True):
    """A metric of two columns of numbers that no row has by itself."""

    takes = frozenset({"number"})
    reads = staticmethod(_wanted)
    bounds = (-1.0, 1.0)

    def measure(self, answer: Any, target: Any) -> Measured:
        """Note both."""
        given, wanted = _both(answer, target)
        return {"answer": given, "target": wanted}

    @abstractmethod
    def of(self, answers: "Numbers", targets: "Numbers", weights: "Numbers") -> "Numbers":
        """Give the metric, shape ``(resamples,)``.

        Args:
            answers: Shape ``(rows,)``.
            targets: Shape ``(rows,)``.
            weights: Shape ``(resamples, rows)``.
        """

    def aggregate(self, table: Table, weights: "Numbers") -> "Numbers":
        """Give the metric of both columns."""
        import numpy as np

        with np.errstate(divide="ignore", invalid="ignore"):
            return self.of(table["answer"], table["target"], weights)


class R2(Pairs, frozen=True):
    """The part of the targets' variance that the answers explain: 1 all, 0 as their mean does.

    Args:
        name: Always ``r2``.
    """

    bounds = (float("-inf"), 1.0)
    undefined = "all targets are the same number"

    name: Literal["r2"]

    def of(self, answers: "Numbers", targets: "Numbers", weights: "Numbers") -> "Numbers":
        """Compare the squared distances from the answers with those from the mean."""
        left = weights @ (answers - targets) ** 2
        return 1 - left / _spreads(answers, targets, weights)[1]


class Pearson(Pairs, frozen=True):
    """Pearson's correlation of answers and targets.

    Args:
        name: Always ``pearson``.
    """

    undefined = "all answers, or all targets, are the same number"

    name: Literal["pearson"]

    def of(self, answers: "Numbers", targets: "Numbers", weights: "Numbers") -> "Numbers":
        """Divide the covariance by both deviations."""
        first, second, both = _spreads(answers, targets, weights)
        return both / (first * second) ** 0.5


class Spearman(Pairs, frozen=True):
    """Spearman's correlation: Pearson's, of ranks; equal numbers have the mean of their ranks.

    Args:
        name: Always ``spearman``.
    """

    undefined = "all answers, or all targets, are the same number"

    name: Literal["spearman"]

    def of(self, answers: "Numbers", targets: "Numbers", weights: "Numbers") -> "Numbers":
        """Correlate the ranks."""
        import numpy as np

        first, second = _ranks(answers, weights), _ranks(targets, weights)
        middle = (weights.sum(axis=1, keepdims=True) + 1) / 2
        first, second = first - middle, second - middle
        variances = (weights * first**2).sum(axis=1) * (weights * second**2).sum(axis=1)
        both = (weights * first * second).sum(axis=1)
        return both / np.sqrt(np.where(variances > 0, variances, np.nan))


def _spreads(
    first: "Numbers", second: "Numbers", weights: "Numbers"
) -> "tuple[Numbers, Numbers, Numbers]":
    """Sum up squares and products of distances from the means, each of shape ``(resamples,)``.

    Returns:
        Of the first, of the second, of both; a sum of squares is nan where it is 0 but for
        rounding.
    """
    import numpy as np

    one, other = first - first.mean(), second - second.mean()
    columns = [one, other, one**2, other**2, one * other, first**2, second**2]
    x, y, xx, yy, xy, plain_x, plain_y = (weights @ np.stack(columns, axis=1)).T
    rows = weights.sum(axis=1)
    spreads = (
        (squares - sums**2 / rows, 1e-12 * squares + 1e-24 * plain)
        for sums, squares, plain in ((x, xx, plain_x), (y, yy, plain_y))
    )
    of_first, of_second = (
        np.where(spread > rounding, spread, np.nan) for spread, rounding in spreads
    )
    return of_first, of_second, xy - x * y / rows


def _ranks(values: "Numbers", weights: "Numbers") -> "Numbers":
    """Rank values under several weightings, shape ``(resamples, rows)``."""
    import numpy as np

    distinct, group_of = np.unique(values, return_inverse=True)
    order = np.argsort(group_of, kind="stable")
    starts = np.searchsorted(group_of[order], np.arange(len(distinct)))
    there = np.add.reduceat(weights[:, order], starts, axis=1)
    return (there.cumsum(axis=1) - there + (there + 1) / 2)[:, group_of]
