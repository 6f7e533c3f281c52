"""balanced_accuracy, mcc and kappa: how far answers and targets agree beyond chance or size."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from runner.metrics.classes import Counts, OfClasses, by_class, count
from runner.metrics.table import Table

if TYPE_CHECKING:
    from runner.metrics.classes import Numbers


class BalancedAccuracy(OfClasses, frozen=True):
    """The mean over classes of the share of their rows that is right.

    Args:
        name: Always ``balanced_accuracy``.

    Source: K. H. Brodersen et al., "The balanced accuracy and its posterior distribution" (2010).
    """

    name: Literal["balanced_accuracy"]

    def of(self, counts: Counts) -> "Numbers":
        """Average the recall of the classes that rows have as target."""
        import numpy as np

        there = counts.actual > 0
        recalls = np.where(there, np.nan_to_num(counts.ratio(counts.right, counts.actual)), 0.0)
        return counts.ratio(recalls.sum(axis=1), there.sum(axis=1))

    def parts(self, table: Table, weights: "Numbers") -> Mapping[str, float]:
        """Give the recall of each class."""
        counts = count(table, weights[None])
        return by_class(table, counts.ratio(counts.right, counts.actual)[0])


class Mcc(OfClasses, frozen=True):
    """Matthews' correlation of answers and targets: 1 all right, 0 as by chance.

    Args:
        name: Always ``mcc``.

    Source: B. W. Matthews (1975); for several classes J. Gorodkin, "Comparing two K-category
        assignments by a K-category correlation coefficient" (2004).
    """

    bounds = (-1.0, 1.0)
    undefined = "all targets, or all answers, are of one class"

    name: Literal["mcc"]

    def of(self, counts: Counts) -> "Numbers":
        """Correlate the two assignments."""
        import numpy as np

        rows = counts.actual.sum(axis=1)
        covered = (counts.answered * counts.actual).sum(axis=1)
        answers = rows**2 - (counts.answered**2).sum(axis=1)
        targets = rows**2 - (counts.actual**2).sum(axis=1)
        return counts.ratio(counts.right.sum(axis=1) * rows - covered, np.sqrt(answers * targets))


class Kappa(OfClasses, frozen=True):
    """Cohen's kappa: how far answers agree with targets beyond chance.

    Args:
        name: Always ``kappa``.

    Source: J. Cohen, "A coefficient of agreement for nominal scales" (1960).
    """

    bounds = (-1.0, 1.0)
    undefined = "all targets and all answers are of the same one class"

    name: Literal["kappa"]

    def of(self, counts: Counts) -> "Numbers":
        """Compare the agreement with what the sizes of the classes would give."""
        rows = counts.actual.sum(axis=1)
        agreed = rows * counts.right.sum(axis=1)
        by_chance = (counts.answered * counts.actual).sum(axis=1)
        return counts.ratio(agreed - by_chance, rows**2 - by_chance)
