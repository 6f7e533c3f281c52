"""Metrics of a class at a time: all of them together are the mean over the classes."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from runner.metrics.base import Metric
from runner.metrics.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


class OverClasses(Metric, frozen=True):
    """A metric that each class has for itself."""

    @abstractmethod
    def classes(self, table: Table) -> Sequence[str]:
        """Give the classes that count, in the order of their names.

        Args:
            table: The statistics of the rows.
        """

    @abstractmethod
    def of_class(self, label: str, table: Table, weights: "Numbers") -> "Numbers":
        """Give the metric of one class.

        Args:
            label: The class.
            table: The statistics of the rows.
            weights: How often each row counts, shape ``(resamples, rows)``.

        Returns:
            Shape ``(resamples,)``; nan where the class has none.
        """

    def aggregate(self, table: Table, weights: "Numbers") -> "Numbers":
        """Average over the classes that have a value."""
        import numpy as np

        each = self._of_each(table, weights)
        there = ~np.isnan(each)
        with np.errstate(invalid="ignore"):
            return np.where(there, each, 0).sum(axis=0) / there.sum(axis=0)

    def parts(self, table: Table, weights: "Numbers") -> Mapping[str, float]:
        """Give it for each class that has a value."""
        each = self._of_each(table, weights[None])[:, 0]
        named = zip(self.classes(table), each.tolist(), strict=True)
        return {f"class.{label}": value for label, value in named if value == value}

    def _of_each(self, table: Table, weights: "Numbers") -> "Numbers":
        import numpy as np

        of_each = [self.of_class(label, table, weights) for label in self.classes(table)]
        return np.array(of_each).reshape(len(of_each), len(weights))
