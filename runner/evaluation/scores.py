"""Metrics of answered rows: each with its interval, as a whole, by its parts and by slices."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from runner.datasets import DataError, Example
from runner.evaluated import ScoreRecord
from runner.evaluation.targets import as_scored
from runner.metrics import Metric
from runner.metrics.base import MetricError
from runner.metrics.intervals import interval_of, parts_of
from runner.metrics.table import Table, Tabulating
from runner.statistics.bootstrap import Numbers
from runner.statistics.intervals import Interval
from runner.tasks.scoring import Form


def mean_of(metric: Metric, answers: Sequence[Any], target: Any) -> Mapping[str, float | str]:
    """Measure a row that was asked several times: the mean of what each answer gives.

    Args:
        metric: The metric; where there are several answers, one that is a function of sums.
        answers: All answers to the row.
        target: What is right.

    Raises:
        MetricError: The target, or an answer, is not what it takes.
    """
    if len(answers) == 1:
        return metric.measure(answers[0], target)
    summed: dict[str, float] = {}
    for answer in answers:
        for name, value in metric.measure(answer, target).items():
            summed[name] = summed.get(name, 0.0) + float(value)
    return {name: value / len(answers) for name, value in summed.items()}


class Measuring:
    """Collects what the metrics measure of each row, and nothing else of it.

    Args:
        metrics: The metrics.
        slices: The columns that rows are sliced by.
        form: The form of the answers.
        repeated: Whether a row has a list of answers, all of which count.
    """

    def __init__(
        self,
        metrics: Sequence[Metric],
        slices: Sequence[str],
        form: Form | None,
        *,
        repeated: bool = False,
    ) -> None:
        self._repeated = repeated
        self._metrics = metrics
        self._form: Form | None = form
        self._collected = [Tabulating() for _ in metrics]
        self._slices = Tabulating()
        self._columns = tuple(slices)

    def add(self, example: Example, answer: Any) -> None:
        """Measure a row.

        Args:
            example: The row.
            answer: The answer to it, or all of them.

        Raises:
            DataError: A metric cannot take its target.
        """
        try:
            target = as_scored(example.target, self._form)
            answers = answer if self._repeated else [answer]
            for metric, collected in zip(self._metrics, self._collected, strict=True):
                collected.add(mean_of(metric, answers, target))
        except MetricError as error:
            message = f"{example.where}: {error}."
            raise DataError(message, error.remedy) from error
        self._slices.add({column: example.of[column] for column in self._columns})

    def values(self) -> Mapping[str, float]:
        """Give each metric of the rows so far, without its interval; nan where it has no value."""
        tables = [collected.table() for collected in self._collected]
        pairs = zip(self._metrics, tables, strict=True)
        return {metric.key: _whole(metric, table) for metric, table in pairs}

    def measured(self, confidence: float, seed: int) -> "Measured":
        """Give what was collected.

        Args:
            confidence: Confidence of the intervals.
            seed: Seed of the resampling.
        """
        tables = [collected.table() for collected in self._collected]
        pairs = tuple(zip(self._metrics, tables, strict=True))
        return Measured(pairs, self._slices.table(), self._columns, confidence, seed)


@dataclass(frozen=True)
class Measured:
    """Metrics with the statistics of all rows.

    Args:
        metrics: Each with its table.
        slices: The values that rows are sliced by.
        columns: The columns that they are of.
        confidence: Confidence of the intervals.
        seed: Seed of the resampling.
    """

    metrics: tuple[tuple[Metric, Table], ...]
    slices: Table
    columns: tuple[str, ...]
    confidence: float
    seed: int

    def scores(self) -> Iterator[ScoreRecord]:
        """Give every metric: as a whole, each of its parts, and by slices."""
        for metric, table in self.metrics:
            yield self._score(metric.key, metric, table)
            yield from self._parts(metric, table)
            for column, word, rows in self._sliced():
                name = f"{metric.key}.slices.{column}.{word}"
                yield self._score(name, metric, table.take(rows))

    def rows_of(self, name: str) -> "tuple[Metric, np.ndarray[Any, np.dtype[np.intp]]] | None":
        """Give the metric that a name of a score is of, and the rows that it is of.

        Args:
            name: A metric, or one of a slice: ``accuracy``, ``accuracy.slices.lang.de``.

        Returns:
            None where nothing of that name was measured.
        """
        for metric, table in self.metrics:
            if name == metric.key:
                return metric, np.arange(len(table))
            for column, word, rows in self._sliced():
                if name == f"{metric.key}.slices.{column}.{word}":
                    return metric, rows
        return None

    def by_row(self) -> Mapping[str, Numbers]:
        """Give every metric that has a value for each row, with the values."""
        found = {metric.key: metric.per_row(table) for metric, table in self.metrics}
        return {name: values for name, values in found.items() if values is not None}

    def _score(self, name: str, metric: Metric, table: Table) -> ScoreRecord:
        interval = interval_of(metric, table, self.confidence, self.seed)
        return _record(name, metric, _whole(metric, table), interval, len(table))

    def _parts(self, metric: Metric, table: Table) -> Iterator[ScoreRecord]:
        for name, (value, interval) in parts_of(metric, table, self.confidence, self.seed).items():
            yield _record(f"{metric.key}.{name}", metric, value, interval, len(table))

    def _sliced(self) -> Iterator[tuple[str, str, np.ndarray[Any, np.dtype[np.intp]]]]:
        for column in self.columns:
            codes = self.slices[column]
            for code in np.unique(codes):
                yield column, self.slices.words[int(code)], np.flatnonzero(codes == code)


def _whole(metric: Metric, table: Table) -> float:
    return float(metric.aggregate(table, np.ones((1, len(table))))[0])


def _record(name: str, metric: Metric, value: float, interval: Interval, rows: int) -> ScoreRecord:
    return ScoreRecord(
        name=name,
        value=_finite(value),
        low=_finite(interval.low),
        high=_finite(interval.high),
        rows=rows,
        better="higher" if metric.higher_is_better else "lower",
    )


def _finite(value: float) -> float | None:
    return float(value) if isfinite(value) else None
