"""precision, recall and F1: of one class, or of all of them together."""

from collections.abc import Callable, Mapping
from math import hypot
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from runner.metrics.classes import Counts, OfClasses, by_class, count
from runner.metrics.table import Table
from runner.statistics.intervals import UNKNOWN, Interval, wilson

if TYPE_CHECKING:
    from runner.metrics.classes import Numbers

FName = Literal[
    "f1",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "precision",
    "precision_macro",
    "precision_micro",
    "precision_weighted",
    "recall",
    "recall_macro",
    "recall_micro",
    "recall_weighted",
]


class FScore(OfClasses, frozen=True):
    """Precision, recall or F1 of one class (``positive``), or of all classes.

    ``macro`` is the mean of the classes that are there, as targets or answers; ``weighted`` the
    mean by their number of rows; ``micro`` counts all classes together. A class that is there and
    was never answered has precision 0, one that was only answered recall 0, as in scikit-learn.

    Args:
        name: Which measure, and of which classes.
        positive: The class that is meant, for a name without an average.

    Source: C. J. van Rijsbergen, "Information Retrieval" (1979); scikit-learn's averages.
    """

    undefined = "the class has no row, neither by its target nor by its answer"

    name: FName
    positive: str | None = None

    @model_validator(mode="after")
    def _one_class_or_all(self) -> "FScore":
        if bool(self._average) == (self.positive is not None):
            wanted = "takes no" if self._average else "is of one class, and needs"
            raise PydanticCustomError(
                "positive", "{name} {wanted} `positive`", {"name": self.name, "wanted": wanted}
            )
        return self

    @property
    def _kind(self) -> str:
        return self.name.partition("_")[0]

    @property
    def _average(self) -> str:
        return self.name.partition("_")[2]

    def of(self, counts: Counts) -> "Numbers":
        """Average over classes as the name says."""
        import numpy as np

        if self._average == "micro":
            return self._of_each(counts.together)[:, 0]
        each = self._of_each(counts)
        weights = counts.actual if self._average == "weighted" else counts.present * 1.0
        filled = np.where(counts.present, np.nan_to_num(each), 0.0)
        return counts.ratio((filled * weights).sum(axis=1), weights.sum(axis=1))

    def aggregate(self, table: Table, weights: "Numbers") -> "Numbers":
        """Give the measure of one class, or the average of all."""
        if self.positive is None:
            return super().aggregate(table, weights)
        return self._of_each(self._of_positive(table, weights))[:, 0]

    def interval(
        self, table: Table, confidence: float, resampled: Callable[[], Interval]
    ) -> Interval:
        """Give Wilson's interval of the share behind it; of several classes the bootstrap's.

        F1 of a class is 2s / (1 + s) of the share s of rows that are right among those that have
        it as target or answer. The mean of several is given no less room than the classes'
        intervals have together, which counts where a class has a few rows, all of them right.
        """
        import numpy as np

        once = np.ones((1, len(table)))
        match self._average:
            case "":
                return self._wilson(self._of_positive(table, once), confidence)[0]
            case "micro":  # each row has one answer and one target: the share of right ones
                together = count(table, once).together
                return wilson(float(together.right[0, 0]), len(table), confidence)
            case "macro":
                return resampled().hull(self._mean(count(table, once), confidence))
            case _:
                return resampled()

    def parts(self, table: Table, weights: "Numbers") -> Mapping[str, float]:
        """Give the measure of each class."""
        import numpy as np

        counts = count(table, weights[None])
        each = np.where(counts.present, np.nan_to_num(self._of_each(counts)), np.nan)
        return by_class(table, each[0])

    def part(self, name: str) -> "FScore":
        """Give the same measure of one class."""
        label = name.removeprefix("class.")
        return FScore.model_validate({"name": self._kind, "positive": label})

    def _of_positive(self, table: Table, weights: "Numbers") -> Counts:
        import numpy as np

        if self.positive in table.words:
            return count(table, weights).at(table.words.index(self.positive))
        nothing = np.zeros((len(weights), 1))
        return Counts(nothing, nothing, nothing)

    def _of_each(self, counts: Counts) -> "Numbers":
        match self._kind:
            case "precision":
                return counts.ratio(counts.right, counts.answered)
            case "recall":
                return counts.ratio(counts.right, counts.actual)
            case _:
                return counts.ratio(2 * counts.right, counts.answered + counts.actual)

    def _wilson(self, counts: Counts, confidence: float) -> list[Interval]:
        """Give the interval of each class, of the first weighting of rows."""
        of_each = zip(counts.right[0], counts.answered[0], counts.actual[0], strict=True)
        return [self._wilson_of(*one, confidence) for one in of_each]

    def _wilson_of(
        self, right: float, answered: float, actual: float, confidence: float
    ) -> Interval:
        match self._kind:
            case "precision":
                return wilson(right, answered, confidence)
            case "recall":
                return wilson(right, actual, confidence)
            case _:
                share = wilson(right, answered + actual - right, confidence)
                return Interval(2 * share.low / (1 + share.low), 2 * share.high / (1 + share.high))

    def _mean(self, counts: Counts, confidence: float) -> Interval:
        """Give the interval of a mean of shares by their own: distances add as squares do."""
        there = counts.at(counts.present[0])
        shares = [0.0 if share != share else float(share) for share in self._of_each(there)[0]]
        ends = [end if end.known else Interval(0, 1) for end in self._wilson(there, confidence)]
        if not shares:
            return UNKNOWN
        mean = sum(shares) / len(shares)
        below = hypot(*(share - end.low for share, end in zip(shares, ends, strict=True)))
        above = hypot(*(end.high - share for share, end in zip(shares, ends, strict=True)))
        return Interval(mean - below / len(shares), mean + above / len(shares))
