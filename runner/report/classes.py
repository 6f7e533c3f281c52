"""Right and wrong by class, and whether the model is as sure as it may be."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runner.evaluation.row_table import read_rows
from runner.metrics import Metric, all_metrics
from runner.metrics.base import MetricError
from runner.metrics.classes import confusion
from runner.metrics.intervals import parts_of
from runner.metrics.probabilities import CalibrationBin, Ece
from runner.metrics.table import Table, Tabulating
from runner.statistics.intervals import Interval

BY_CLASS = ("precision", "recall", "f1")
_MOST_CLASSES = 15
_MOST_CONFUSED = 30
_BINS = 10


@dataclass(frozen=True)
class ClassLine:
    """How a class is answered.

    Args:
        label: The class.
        actual: Rows whose target it is.
        answered: Rows whose answer it is.
        values: Precision, recall and F1, each with the ends of its interval.
    """

    label: str
    actual: int
    answered: int
    values: tuple[tuple[float, float | None, float | None], ...]


@dataclass(frozen=True)
class Confused:
    """Rows of one class that were answered as another.

    Args:
        target: The class that is right.
        answer: The class that was answered.
        rows: How many rows.
    """

    target: str
    answer: str
    rows: int


@dataclass(frozen=True)
class Classes:
    """Right and wrong by class.

    Args:
        labels: Every class, in alphabetical order.
        matrix: How many rows of a class (line) were answered as another (column); empty where
            there are too many classes for a matrix.
        lines: How each class is answered; empty with the matrix.
        confused: The most frequent mistakes, the most frequent one first.
        calibration: Bins of rows by how sure the model was; empty where it does not say.
    """

    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    lines: tuple[ClassLine, ...]
    confused: tuple[Confused, ...]
    calibration: tuple[CalibrationBin, ...]


@dataclass(frozen=True)
class Classing:
    """Counts rows by class.

    Args:
        confidence: Confidence of the intervals.
        seed: Seed of the resampling.
    """

    confidence: float
    seed: int

    def of(self, table: Path) -> Classes | None:
        """Count the rows of a table.

        Args:
            table: The table of all rows, of answers in the form ``labels``.

        Returns:
            What was counted; None where rows have no target, or several.
        """
        sure = Ece(name="ece", bins=_BINS)
        found, surely = _measured(table, _by_class("f1"), sure)
        if found is None:
            return None
        whole = confusion(found)
        few = len(whole.labels) <= _MOST_CLASSES
        lines = tuple(self._lines(found, whole.rows)) if few else ()
        return Classes(
            whole.labels,
            whole.rows if few else (),
            lines,
            tuple(_confused(whole.labels, whole.rows))[:_MOST_CONFUSED],
            sure.calibration(surely) if surely else (),
        )

    def _lines(self, table: Table, rows: tuple[tuple[int, ...], ...]) -> Iterator[ClassLine]:
        named = {
            name: parts_of(_by_class(name), table, self.confidence, self.seed) for name in BY_CLASS
        }
        for place, label in enumerate(table.words):
            values = tuple(_told(*named[name][f"class.{label}"]) for name in BY_CLASS)
            answered = sum(line[place] for line in rows)
            yield ClassLine(label, sum(rows[place]), answered, values)


def _told(value: float, reach: Interval) -> tuple[float, float | None, float | None]:
    return (value, reach.low, reach.high) if reach.known else (value, None, None)


def _by_class(name: str) -> Metric:
    kind = all_metrics()[f"{name}_macro"]
    return kind(name=f"{name}_macro")


def _measured(table: Path, *metrics: Metric) -> list[Table | None]:
    """Give what metrics measure of all rows; None for one that cannot take them."""
    collected: list[Tabulating | None] = [Tabulating() for _ in metrics]
    for row in read_rows(table):
        for place, metric in enumerate(metrics):
            if (one := collected[place]) is not None:
                try:
                    one.add(metric.measure(row.answer, row.target))
                except MetricError:
                    collected[place] = None
    return [one and one.table() for one in collected]


def _confused(labels: tuple[str, ...], rows: tuple[tuple[int, ...], ...]) -> Iterator[Confused]:
    counted = np.array(rows)
    np.fill_diagonal(counted, 0)
    for place in np.argsort(-counted, axis=None, kind="stable"):
        target, answer = divmod(int(place), len(labels))
        if not counted[target, answer]:
            return
        yield Confused(labels[target], labels[answer], int(counted[target, answer]))
