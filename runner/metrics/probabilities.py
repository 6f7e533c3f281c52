"""log_loss, brier and ece: whether the model is as sure as it may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, log
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runner.metrics.base import Additive, Mean, Measured, MetricError
from runner.metrics.reading import one_label, probabilities_of
from runner.metrics.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_SMALLEST = 2.0**-52


class LogLoss(Mean, frozen=True):
    """The mean of minus the logarithm of the right label's probability, in nats.

    A probability of 0 counts as 2⁻⁵², as in scikit-learn.

    Args:
        name: Always ``log_loss``.

    Source: I. J. Good, "Rational decisions" (1952); scikit-learn's ``log_loss``.
    """

    takes = frozenset({"labels"})
    reads = staticmethod(one_label)
    higher_is_better = False
    bounds = (0.0, -log(_SMALLEST))

    name: Literal["log_loss"]

    def measure(self, answer: Any, target: Any) -> Measured:
        """Take the logarithm of the right label's probability."""
        return {"value": -log(min(max(_right(answer, target), _SMALLEST), 1.0))}


def _right(answer: Any, target: Any) -> float:
    probabilities, right = probabilities_of(answer), one_label(target)
    if right not in probabilities:
        raise MetricError(f"the answer has no probability for {right}")
    return probabilities[right] / sum(probabilities.values())


class Brier(Mean, frozen=True):
    """The mean squared distance of the probabilities from 1 for the right label, 0 for the others.

    With ``positive`` it is that of one label alone, which is half of it where there are two.

    Args:
        name: Always ``brier``.
        positive: The label that is meant; all where absent.

    Source: G. W. Brier, "Verification of forecasts expressed in terms of probability" (1950).
    """

    takes = frozenset({"labels"})
    reads = staticmethod(one_label)
    higher_is_better = False
    bounds = (0.0, 2.0)

    name: Literal["brier"]
    positive: str | None = None

    def measure(self, answer: Any, target: Any) -> Measured:
        """Sum up the squared distances."""
        probabilities, right = probabilities_of(answer), one_label(target)
        meant = self.positive if self.positive is not None else right
        if meant not in probabilities:
            raise MetricError(f"the answer has no probability for {meant}")
        labels = probabilities if self.positive is None else (meant,)
        return {"value": sum((probabilities[one] - (one == right)) ** 2 for one in labels)}


@dataclass(frozen=True)
class CalibrationBin:
    """Rows whose best label has about the same probability.

    Args:
        low: The probability is more than this.
        high: And at most this.
        rows: How many rows there are.
        probability: Mean probability of the best label.
        right: Share of them that are right.
    """

    low: float
    high: float
    rows: int
    probability: float
    right: float


class Ece(Additive, frozen=True):
    """The expected calibration error: how far probabilities are from shares of right rows.

    Rows are put into bins of equal width by the best label's probability; the distance of its
    mean from the share of right rows is averaged over the rows. It is never below 0, and of few
    rows too large: a perfectly calibrated model has one as well.

    Args:
        name: Always ``ece``.
        bins: How many bins.

    Source: C. Guo et al., "On calibration of modern neural networks" (2017).
    """

    takes = frozenset({"labels"})
    reads = staticmethod(one_label)
    higher_is_better = False

    name: Literal["ece"]
    bins: int = Field(default=15, ge=1, le=1000)

    def measure(self, answer: Any, target: Any) -> Measured:
        """Note the best label's probability, and whether it is right, in its bin."""
        probabilities = probabilities_of(answer)
        best = max(probabilities, key=lambda label: probabilities[label])
        sure = min(probabilities[best], 1.0)
        place = max(ceil(sure * self.bins) - 1, 0)
        return {
            f"sure.{place}": sure,
            f"right.{place}": float(best == one_label(target)),
            f"rows.{place}": 1.0,
        }

    def value(self, sums: Mapping[str, "Numbers"]) -> "Numbers":
        """Add up the distances of the bins."""
        apart = sums["rows"] * 0
        for place in range(self.bins):
            if f"sure.{place}" in sums:
                apart = apart + abs(sums[f"sure.{place}"] - sums[f"right.{place}"])
        return apart / sums["rows"]

    def per_row(self, table: Table) -> None:
        """One row has no calibration."""

    def calibration(self, table: Table) -> tuple[CalibrationBin, ...]:
        """Give the bins that have rows, from the least sure to the surest.

        Args:
            table: The statistics of the rows.
        """
        named = range(self.bins)
        counted = [int(table[f"rows.{place}"].sum()) for place in named]
        return tuple(
            CalibrationBin(
                place / self.bins,
                (place + 1) / self.bins,
                rows,
                float(table[f"sure.{place}"].sum()) / rows,
                float(table[f"right.{place}"].sum()) / rows,
            )
            for place, rows in zip(named, counted, strict=True)
            if rows
        )
