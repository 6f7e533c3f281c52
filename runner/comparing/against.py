"""A run against the baseline: its metrics row by row, and its answers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np

from runner.comparing.answers import Agreement, agreement, shared_inputs, shared_rows
from runner.comparing.runs import Run
from runner.evaluation.paired import Pair, measured
from runner.metrics import Metric
from runner.metrics.base import MetricError
from runner.metrics.intervals import compare


@dataclass(frozen=True)
class Difference:
    """A metric of two runs on the rows that both answered.

    Args:
        metric: The metric.
        rows: How many rows they are.
        value: The run's value on them; None where it is not defined.
        baseline: The baseline's.
        effect: The difference.
        low: Where its interval begins; None where nothing can be said.
        high: Where it ends.
        p: Chance of a difference at least as large where there is none.
        better: ``higher`` or ``lower``.
    """

    metric: str
    rows: int
    value: float | None
    baseline: float | None
    effect: float | None
    low: float | None
    high: float | None
    p: float | None
    better: str

    @property
    def verdict(self) -> str:
        """Whether it is ``better`` or ``worse`` beyond chance; ``alike`` where neither is known."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return "alike"
        return "better" if (self.low > 0) == (self.better == "higher") else "worse"


@dataclass(frozen=True)
class Against:
    """A run against the baseline.

    Args:
        run: The run.
        metrics: The metrics that both have, on the rows that both answered.
        answers: How far their answers are the same.
        rows: The rows that both answered.
    """

    run: Run
    metrics: tuple[Difference, ...]
    answers: Agreement
    rows: list[Pair]


def against(run: Run, baseline: Run) -> Against:
    """Hold a run to the baseline.

    Args:
        run: The run.
        baseline: The baseline.
    """
    rows = shared_rows(run, baseline)
    both = (row.answers for row in rows) if rows else shared_inputs(run, baseline)
    return Against(run, tuple(differences(run, rows)), agreement(both), rows)


def differences(run: Run, rows: list[Pair], names: Iterable[str] = ()) -> Iterator[Difference]:
    """Compare metrics on rows that two runs answered.

    Args:
        run: The first one, whose recipe says what is measured.
        rows: The rows.
        names: The metrics; all where absent.

    Yields:
        Each that can be measured of both.
    """
    wanted = set(names)
    for metric in run.recipe.evaluation.metrics if run.recipe and rows else ():
        if not wanted or metric.key in wanted:
            try:
                yield _difference(metric, run, rows)
            except MetricError:  # answers of another form, of a recipe of another task
                continue


def _difference(metric: Metric, run: Run, rows: list[Pair]) -> Difference:
    recipe = run.recipe
    if recipe is None:
        raise MetricError("it has no recipe")
    ours, theirs = (measured(metric, rows, whose, recipe.form) for whose in (0, 1))
    confidence, seed = recipe.evaluation.confidence, recipe.evaluation.seed
    found = compare(metric, ours, theirs, confidence, seed)
    values = [float(metric.aggregate(t, np.ones((1, len(t))))[0]) for t in (ours, theirs)]
    return Difference(
        metric=metric.key,
        rows=len(rows),
        value=_finite(values[0]),
        baseline=_finite(values[1]),
        effect=_finite(found.effect),
        low=_finite(found.interval.low),
        high=_finite(found.interval.high),
        p=_finite(found.p),
        better="higher" if metric.higher_is_better else "lower",
    )


def _finite(value: float) -> float | None:
    return float(value) if isfinite(value) else None
