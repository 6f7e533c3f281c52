"""Right and wrong by class: what a confusion matrix is summed up by."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.metrics.answers import best_label
from runner.metrics.base import Measured, Metric
from runner.metrics.reading import one_label
from runner.metrics.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Counts:
    """How often each class was right, answered, and there, under several weightings of the rows.

    Args:
        right: Rows of the class that are right, shape ``(resamples, classes)``.
        answered: Rows whose answer it is.
        actual: Rows whose target it is.
    """

    right: "Numbers"
    answered: "Numbers"
    actual: "Numbers"

    @property
    def present(self) -> "NDArray[np.bool_]":
        """Whether a class is there at all, as an answer or a target."""
        return self.answered + self.actual > 0

    @property
    def together(self) -> "Counts":
        """The counts of all classes together, shape ``(resamples, 1)``."""
        parts = (self.right, self.answered, self.actual)
        right, answered, actual = (part.sum(axis=1, keepdims=True) for part in parts)
        return Counts(right, answered, actual)

    def at(self, places: "int | NDArray[np.bool_]") -> "Counts":
        """Give the counts of some classes.

        Args:
            places: The place of one, or which ones of all.
        """
        import numpy as np

        which = np.atleast_1d(places)
        return Counts(self.right[:, which], self.answered[:, which], self.actual[:, which])

    def ratio(self, above: "Numbers", below: "Numbers") -> "Numbers":
        """Divide; nan where there is nothing to divide by."""
        import numpy as np

        with np.errstate(divide="ignore", invalid="ignore"):
            return above / np.where(below > 0, below, np.nan)


class OfClasses(Metric, frozen=True):
    """A metric of a confusion matrix."""

    takes = frozenset({"labels"})
    reads = staticmethod(one_label)

    def measure(self, answer: Any, target: Any) -> Measured:
        """Note the best label and the right one."""
        return {"answer": best_label(answer), "target": one_label(target)}

    @abstractmethod
    def of(self, counts: Counts) -> "Numbers":
        """Give the metric of counts, shape ``(resamples,)``."""

    def aggregate(self, table: Table, weights: "Numbers") -> "Numbers":
        """Count, and give the metric of the counts."""
        import numpy as np

        with np.errstate(divide="ignore", invalid="ignore"):
            return self.of(count(table, weights))

    def per_row(self, table: Table) -> "Numbers":
        """Tell which rows are right."""
        return (table["answer"] == table["target"]).astype(float)


def count(table: Table, weights: "Numbers") -> Counts:
    """Count rows by class.

    Args:
        table: With the words ``answer`` and ``target``.
        weights: Shape ``(resamples, rows)``.

    Returns:
        Counts of each word of the table.
    """
    import numpy as np
    from scipy.sparse import csr_array

    answer, target = (table[name].astype(np.intp) for name in ("answer", "target"))
    rows, size = np.arange(len(table)), len(table.words)
    right = rows[answer == target]
    places = np.concatenate([target[right], size + answer, 2 * size + target])
    members = (np.ones(len(places)), (places, np.concatenate([right, rows, rows])))
    counted = csr_array(members, shape=(3 * size, len(table))) @ weights.T
    return Counts(*np.split(np.asarray(counted.T), 3, axis=1))


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix.

    Args:
        labels: The classes, in alphabetical order.
        rows: How many rows of a class (first index) were answered as another (second index).
    """

    labels: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]


def confusion(table: Table, weights: "Numbers | None" = None) -> Confusion:
    """Give the confusion matrix of the rows.

    Args:
        table: With the words ``answer`` and ``target``, as every metric of classes measures them.
        weights: How often each row counts, shape ``(rows,)``; once each where absent.
    """
    import numpy as np

    size = len(table.words)
    places = (table["target"] * size + table["answer"]).astype(np.intp)
    counted = np.bincount(places, weights, size * size).reshape(size, size)
    return Confusion(table.words, tuple(tuple(int(cell) for cell in row) for row in counted))


def by_class(table: Table, values: "Numbers") -> Mapping[str, float]:
    """Name values of classes as parts of a metric.

    Args:
        table: The table whose words are the classes.
        values: One each; nan for a class that is not there.
    """
    named = zip(table.words, values.tolist(), strict=True)
    return {f"class.{label}": value for label, value in named if value == value}
