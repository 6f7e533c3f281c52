"""Intervals and comparisons of metrics, from the statistics of their rows."""

from typing import TYPE_CHECKING

from runner.metrics.base import Metric, right_or_wrong
from runner.metrics.table import Table
from runner.statistics.intervals import RESAMPLES, Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.statistics.bootstrap import Numbers, Replicates
    from runner.statistics.comparison import Comparison

_OF_PARTS = 1000


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


def parts_of(
    metric: Metric,
    table: Table,
    confidence: float = 0.95,
    seed: int = 0,
    resamples: int = _OF_PARTS,
) -> "Mapping[str, tuple[float, Interval]]":
    """Give what a metric is made of, such as a value for each class, with intervals.

    Args:
        metric: The metric.
        table: What it measured of the rows.
        confidence: Such as 0.95.
        seed: Of the resamples.
        resamples: How many; all parts are of the same ones.
    """
    import numpy as np

    parts = metric.parts(table, np.ones(len(table)))
    alone = {name: metric.part(name) for name in parts}
    drawn = _drawn_parts(metric, table, [n for n in parts if not alone[n]], seed, resamples)
    return {
        name: (
            value,
            interval_of(whole, table, confidence, seed, resamples)
            if (whole := alone[name])
            else drawn[name].interval(confidence, Interval(*metric.bounds)),
        )
        for name, value in parts.items()
    }


def _drawn_parts(
    metric: Metric, table: Table, names: list[str], seed: int, resamples: int
) -> "Mapping[str, Replicates]":
    """Draw resamples once, for all parts of these names."""
    import numpy as np

    from runner.statistics.bootstrap import Replicates, jackknifed, resampled

    def every(weightings: "Iterable[Numbers]") -> "Numbers":
        each = (metric.parts(table, one) for some in weightings for one in some)
        return np.array([[parts.get(name, np.nan) for name in names] for parts in each])

    if not names:
        return {}
    whole = every([np.ones((1, len(table)))])[0]
    drawn = every(resampled(len(table), resamples, seed))
    without = every(jackknifed(len(table)))
    return {
        name: Replicates(len(table), float(whole[place]), drawn[:, place], without[:, place])
        for place, name in enumerate(names)
    }


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

    rows = [values for table in (first, second) if (values := metric.per_row(table)) is not None]
    if metric.share and len(rows) == 2 and all(map(right_or_wrong, rows)):
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
