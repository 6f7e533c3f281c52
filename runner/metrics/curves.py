"""roc_auc and average_precision: how well scores tell a class from the others."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Literal

from runner.metrics.base import Measured, MetricError
from runner.metrics.over_classes import OverClasses
from runner.metrics.reading import one_label, scores_of
from runner.metrics.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_SCORE = "score."


class Curve(OverClasses, frozen=True):
    """A metric of the order that scores give rows in; of all classes the mean over each of them."""

    takes = frozenset({"labels"})
    reads = staticmethod(one_label)
    undefined = "no class has rows of its own and rows of others: all targets are the same"

    positive: str | None = None

    def measure(self, answer: Any, target: Any) -> Measured:
        """Note the score of each label, and the right one."""
        scores, right = scores_of(answer), one_label(target)
        if right not in scores and self.positive is None:
            raise MetricError(f"the answer has no score for {right}")
        if self.positive is not None and self.positive not in scores:
            raise MetricError(f"the answer has no score for {self.positive}")
        return {"target": right, **{f"{_SCORE}{label}": score for label, score in scores.items()}}

    @abstractmethod
    def of(self, positives: "Numbers", negatives: "Numbers") -> "Numbers":
        """Give the metric of one class.

        Args:
            positives: Weight of the rows of the class at each score, the highest first, shape
                ``(resamples, scores)``.
            negatives: Weight of the other rows.
        """

    def part(self, name: str) -> "Curve":
        """Give the same metric of one class."""
        return self.model_copy(update={"positive": name.removeprefix("class.")})

    def classes(self, table: Table) -> list[str]:
        """Give the class that is meant, or all that are a target."""
        if self.positive is not None:
            return [self.positive]
        targets = {table.words[int(place)] for place in table["target"]}
        return sorted(targets)

    def of_class(self, label: str, table: Table, weights: "Numbers") -> "Numbers":
        """Count the rows of the class and the others at each score."""
        import numpy as np

        place = table.words.index(label) if label in table.words else -1
        scores = table[_SCORE + label]
        order = np.argsort(-scores, kind="stable")
        starts = np.flatnonzero(np.diff(-scores[order], prepend=-np.inf))
        member = (table["target"] == place)[order]
        ordered = weights[:, order]
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.of(
                np.add.reduceat(ordered * member, starts, axis=1),
                np.add.reduceat(ordered * ~member, starts, axis=1),
            )


class RocAuc(Curve, frozen=True):
    """The chance that a row of a class has a higher score for it than a row of another class.

    Of two classes that is the area under the ROC curve; of more the mean over the classes, each
    against all others. Equal scores count as half.

    Args:
        name: Always ``roc_auc``.
        positive: The class that is meant; all where absent.

    Source: J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver
        operating characteristic (ROC) curve" (1982).
    """

    name: Literal["roc_auc"]

    def of(self, positives: "Numbers", negatives: "Numbers") -> "Numbers":
        """Give the share of pairs that are in the right order."""
        below = negatives.sum(axis=1, keepdims=True) - negatives.cumsum(axis=1)
        pairs = positives.sum(axis=1) * negatives.sum(axis=1)
        return (positives * (below + negatives / 2)).sum(axis=1) / pairs


class AveragePrecision(Curve, frozen=True):
    """The mean precision at the rows of a class, in the order of its scores.

    That is the area under the precision-recall curve, without interpolation; of several classes
    the mean.

    Args:
        name: ``average_precision``, or ``pr_auc`` for the same.
        positive: The class that is meant; all where absent.

    Source: scikit-learn's ``average_precision_score``.
    """

    undefined = "no row has the class as its target"

    name: Literal["average_precision", "pr_auc"]

    def of(self, positives: "Numbers", negatives: "Numbers") -> "Numbers":
        """Weigh the precision at each score by the recall that it adds."""
        import numpy as np

        found = positives.cumsum(axis=1)
        answered = found + negatives.cumsum(axis=1)
        precision = np.where(answered > 0, found / answered, 0)
        return (positives * precision).sum(axis=1) / found[:, -1]
