"""What a metric is: statistics of each row, and one number made of them under any weights.

Rows are measured once. Resamples, slices and comparisons are weights over what was measured, so
that an interval costs no second look at the answers.

A metric declares ``name`` as a ``Literal`` of the names that it goes by, its parameters as fields
with their meaning in the docstring, and its facts. Its module imports nothing heavy at module
level, numpy included: it is read whenever a recipe is.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, Field

from runner.metrics.table import Table
from runner.tasks.scoring import Form

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from runner.statistics.intervals import Interval

    Numbers = NDArray[np.float64]

Measured = Mapping[str, float | str]
"""Statistics of one row, by name: numbers, or words such as labels."""


class MetricError(Exception):
    """An answer or a target is not what the metric takes; says what is wrong with it, no more."""

    remedy = "Mend the target, or name another column."


def _whatever(target: Any) -> object:
    return target


class Metric(BaseModel, extra="forbid", frozen=True, strict=True, defer_build=True):
    """A metric, with its parameters.

    Args:
        name: Name of the metric.
        title: What gates, tables and records call it; its name where absent. Two metrics of one
            name need it.
    """

    takes: ClassVar[frozenset[Form]]
    """Forms of answers that it can score."""
    higher_is_better: ClassVar[bool] = True
    share: ClassVar[bool] = False
    """Whether each row is right (1) or wrong (0) and the metric the share of right ones."""
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    """What it can be; of an error rate, what it is as good as never above."""
    undefined: ClassVar[str] = "there are no rows"
    """Why it can be nan."""
    needs_target: ClassVar[bool] = True
    reads: ClassVar["Callable[[Any], object]"] = staticmethod(_whatever)
    """How it reads a target; raises ``MetricError`` at one that no answer can be measured by."""
    needs: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Libraries that it cannot do without: import names, with the distributions to install."""

    name: str
    title: str | None = Field(default=None, min_length=1, pattern=r"^[\w@:/+-]+$")

    @property
    def key(self) -> str:
        """What gates, tables and records call it."""
        return self.title or self.name

    @abstractmethod
    def measure(self, answer: Any, target: Any) -> Measured:
        """Measure one row.

        Args:
            answer: The model's answer, in one of the forms that it ``takes``.
            target: The row's target as the dataset has it: text, a number, a list or a mapping.

        Returns:
            Its statistics; a name that a row leaves out counts as 0.

        Raises:
            MetricError: The target, or the answer, is not what it takes.
        """

    @abstractmethod
    def aggregate(self, table: Table, weights: "Numbers") -> "Numbers":
        """Give the metric under each of several weightings of the rows.

        Args:
            table: The statistics of the rows, shape ``(rows, statistics)``.
            weights: How often each row counts, shape ``(resamples, rows)``: counts of a bootstrap
                resample, 1 and 0 for a slice.

        Returns:
            Shape ``(resamples,)``; nan where it is not defined, never a value made up for that.
        """

    def interval(
        self, table: Table, confidence: float, resampled: Callable[[], "Interval"]
    ) -> "Interval":
        """Give where the metric may lie: Wilson's interval of a share, the bootstrap's otherwise.

        Args:
            table: The statistics of the rows.
            confidence: Such as 0.95.
            resampled: Gives the bootstrap's interval, for the time that this takes.
        """
        if not self.share:
            return resampled()
        from runner.statistics.intervals import wilson

        right = self.per_row(table)
        if right is None or not right_or_wrong(right):
            return resampled()
        return wilson(right.sum(), len(right), confidence)

    def per_row(self, table: Table) -> "Numbers | None":
        """Give how each row did by itself, shape ``(rows,)``; None where no row has a value.

        Args:
            table: The statistics of the rows.
        """
        return None

    def parts(self, table: Table, weights: "Numbers") -> Mapping[str, float]:
        """Give what it is made of, such as a value for each class, by name; nothing by default.

        Args:
            table: The statistics of the rows.
            weights: How often each row counts, shape ``(rows,)``.
        """
        return {}

    def part(self, name: str) -> "Metric | None":
        """Give the metric that a part is by itself, where there is one.

        Args:
            name: Name of the part, of those that ``parts`` gives.
        """
        return None


def right_or_wrong(values: "Numbers") -> bool:
    """Say whether each row is right or wrong: one that was asked several times may be between.

    Args:
        values: How each row did, shape ``(rows,)``.
    """
    return bool(((values == 0) | (values == 1)).all())


class Additive(Metric, frozen=True):
    """A metric that is a function of sums over rows: a mean, a ratio, BLEU, a word error rate."""

    @abstractmethod
    def value(self, sums: Mapping[str, "Numbers"]) -> "Numbers":
        """Give the metric of sums.

        Args:
            sums: The sum of each statistic, arrays of one shape, element by element; ``rows`` is
                the number of rows. One row's statistics are sums as well.

        Returns:
            An array of the same shape; nan where it is not defined.
        """

    def aggregate(self, table: Table, weights: "Numbers") -> "Numbers":
        """Give the metric of the weighted sums; one matrix product."""
        sums = weights @ table.numbers
        named = {name: sums[:, column] for column, name in enumerate(table.names)}
        return self._quietly({**named, "rows": weights.sum(axis=1)})

    def per_row(self, table: Table) -> "Numbers | None":
        """Give the metric of each row alone."""
        named = {name: table[name] for name in table.names}
        return self._quietly({**named, "rows": table.numbers[:, :0].sum(axis=1) + 1})

    def _quietly(self, sums: Mapping[str, "Numbers"]) -> "Numbers":
        import numpy as np

        with np.errstate(divide="ignore", invalid="ignore"):
            return self.value(sums)


class Mean(Additive, frozen=True):
    """A metric that is the mean of a value of each row: ``measure`` gives it as ``value``."""

    def value(self, sums: Mapping[str, "Numbers"]) -> "Numbers":
        """Give the mean."""
        return sums["value"] / sums["rows"]


class Joint(Metric, frozen=True):
    """A metric that needs all rows at once: ranks, curves, a confusion matrix."""

    @abstractmethod
    def of(self, table: Table, weights: "Numbers") -> float:
        """Give the metric under one weighting.

        Args:
            table: The statistics of the rows.
            weights: How often each row counts, shape ``(rows,)``; a row with 0 does not exist.

        Returns:
            The metric; nan where it is not defined.
        """

    def aggregate(self, table: Table, weights: "Numbers") -> "Numbers":
        """Give it weighting by weighting."""
        import numpy as np

        return np.array([self.of(table, one) for one in weights], np.float64)
