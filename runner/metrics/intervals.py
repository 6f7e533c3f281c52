"""Intervals and comparisons of metrics, from the statistics of their rows."""

from typing import TYPE_CHECKING

from runner.metrics.base import Metric
from runner.metrics.table import Table
from runner.statistics.intervals import RESAMPLES, Interval

if TYPE_CHECKING:
    from runner.statistics.comparison import Comparison


def interval_of(
    metric: Metric,
    table: Table,
    confidence: float = 0.95,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """Give where a metric may lie.

    Args:
        metric: The metric.
        table: What it measured of the rows; of a slice, those of its rows.
        confidence: Such as 0.95.
        seed: Of the resamples: the same for all metrics of the rows.
        resamples: How many.
    """
    from runner.statistics.bootstrap import bootstrap

    return metric.interval(
        table,
        confidence,
        lambda: bootstrap(
            lambda weights: metric.aggregate(table, weights),
            len(table),
            confidence=confidence,
            seed=seed,
            resamples=resamples,
            bounds=Interval(*metric.bounds),
        ),
    )


def compare(
    metric: Metric,
    first: Table,
    second: Table,
    confidence: float = 0.95,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> "Comparison":
    """Compare two models by a metric, row by row.

    Args:
        metric: The metric.
        first: What it measured of one model's answers.
        second: What it measured of the other's; row i of both is the same row of the dataset.
        confidence: Such as 0.95.
        seed: Of the resamples.
        resamples: How many.
    """
    from runner.statistics.comparison import paired, paired_shares

    rows = metric.per_row(first), metric.per_row(second)
    if metric.share and rows[0] is not None and rows[1] is not None:
        return paired_shares(rows[0], rows[1], confidence)
    low, high = metric.bounds
    return paired(
        lambda weights: metric.aggregate(first, weights),
        lambda weights: metric.aggregate(second, weights),
        len(first),
        confidence=confidence,
        seed=seed,
        resamples=resamples,
        bounds=Interval(low - high, high - low),
    )
