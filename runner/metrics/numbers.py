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


def _both(answer: Any, target: Any) -> tuple[float, float]:
    return number_of(answer), number_of(target, "the target")


class Mae(Mean, frozen=True):
    """The mean distance of answers from targets.

    Args:
        name: Always ``mae``.
    """

    takes = frozenset({"number"})
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
        return 1 - left / _variance(targets, weights)


class Pearson(Pairs, frozen=True):
    """Pearson's correlation of answers and targets.

    Args:
        name: Always ``pearson``.
    """

    undefined = "all answers, or all targets, are the same number"

    name: Literal["pearson"]

    def of(self, answers: "Numbers", targets: "Numbers", weights: "Numbers") -> "Numbers":
        """Divide the covariance by both deviations."""
        variances = _variance(answers, weights) * _variance(targets, weights)
        return _products(answers, targets, weights) / variances**0.5


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
        return (weights * first * second).sum(axis=1) / np.sqrt(variances)


def _products(first: "Numbers", second: "Numbers", weights: "Numbers") -> "Numbers":
    """Sum up the products of distances from the mean of each weighting of the rows."""
    first, second = first - first.mean(), second - second.mean()
    both = (weights @ first) * (weights @ second) / weights.sum(axis=1)
    return weights @ (first * second) - both


def _variance(values: "Numbers", weights: "Numbers") -> "Numbers":
    """Sum up the squared distances from the mean; nan where they are 0 but for rounding."""
    import numpy as np

    spread = _products(values, values, weights)
    rounding = 1e-12 * weights @ (values - values.mean()) ** 2 + 1e-24 * weights @ values**2
    return np.where(spread > rounding, spread, np.nan)


def _ranks(values: "Numbers", weights: "Numbers") -> "Numbers":
    """Rank values under several weightings, shape ``(resamples, rows)``."""
    import numpy as np

    distinct, group_of = np.unique(values, return_inverse=True)
    order = np.argsort(group_of, kind="stable")
    starts = np.searchsorted(group_of[order], np.arange(len(distinct)))
    there = np.add.reduceat(weights[:, order], starts, axis=1)
    return (there.cumsum(axis=1) - there + (there + 1) / 2)[:, group_of]
