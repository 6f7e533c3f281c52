"""A model beside another on the same rows: what gates that name the champion are decided by."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from runner.datasets import DataError
from runner.evaluated import ComparisonRecord
from runner.evaluation.paired import measured, pairs
from runner.evaluation.row_table import read_rows
from runner.evaluation.scores import Measured
from runner.metrics import Metric
from runner.metrics.base import MetricError
from runner.metrics.intervals import compare
from runner.metrics.table import Table
from runner.recipe.language.models import Recipe


@dataclass(frozen=True)
class Champion:
    """A model that others are compared with.

    Args:
        name: What the recipe calls it.
        table: The table of all rows that its evaluation left.
        point: Whether it is a point of the same recipe.
    """

    name: str
    table: Path
    point: bool = False

    def __str__(self) -> str:
        """Call it what it is."""
        return f"{self.name}, the {'other point' if self.point else 'champion'}"


def compare_all(
    others: Mapping[str, Champion], recipe: Recipe, found: Measured, table: Path
) -> Mapping[str, ComparisonRecord]:
    """Compare what was measured with every other model that gates name.

    Args:
        others: The other models, by the word that gates have for them.
        recipe: The recipe, with the gates.
        found: What was measured.
        table: The table of all rows, in the order that they were measured in.

    Returns:
        A comparison for each gate that is held to one of them, and about something measured.

    Raises:
        DataError: One answered none of the rows, or its answers are not to be measured.
    """
    compared: dict[str, ComparisonRecord] = {}
    for word, other in others.items():
        compared |= compare_with(other, word, recipe, found, table)
    return compared


def compare_with(
    champion: Champion, word: str, recipe: Recipe, found: Measured, table: Path
) -> Mapping[str, ComparisonRecord]:
    """Compare what was measured with the champion, on the rows that both answered.

    Args:
        champion: The champion.
        word: What gates call it.
        recipe: The recipe, with the gates.
        found: What was measured.
        table: The table of all rows, in the order that they were measured in.

    Returns:
        A comparison for each gate that is held to the champion, and about something measured.

    Raises:
        DataError: The champion answered none of the rows, or its answers are not to be measured.
    """
    shared = _Shared(champion, table)
    compared: dict[str, ComparisonRecord] = {}
    for name, gate in recipe.evaluation.conditions.items():
        of = found.rows_of(name) if gate.other == word else None
        if of is not None:
            metric, rows = of
            both = [shared.measured(metric, recipe, {*rows.tolist()}, whose) for whose in (0, 1)]
            compared[name] = _compared(champion, metric, (both[0], both[1]), found)
    return compared


class _Shared:
    """The rows that both models answered.

    Args:
        champion: The champion.
        table: The table of the other model.
    """

    def __init__(self, champion: Champion, table: Path) -> None:
        self._champion = champion
        self.rows = list(pairs(read_rows(table), read_rows(champion.table)))
        if not self.rows:
            message = f"{champion}, answered none of these rows."
            remedy = "Rows are the same by id and input: evaluate it on them first."
            raise DataError(message, remedy)

    def measured(self, metric: Metric, recipe: Recipe, rows: set[int], whose: int) -> Table:
        """Measure the answers of one of the two models to some rows."""
        some = (row for row in self.rows if row.number in rows)
        try:
            return measured(metric, some, whose, recipe.form)
        except MetricError as error:
            message = f"{self._champion}, {error}."
            raise DataError(message, "Evaluate it with a recipe of the same task.") from error


def _compared(
    champion: Champion, metric: Metric, tables: tuple[Table, Table], found: Measured
) -> ComparisonRecord:
    ours, theirs = tables
    if not len(ours):
        return ComparisonRecord(
            champion=champion.name, rows=0, value=None, effect=None, low=None, high=None, p=None
        )
    value = float(metric.aggregate(theirs, np.ones((1, len(theirs))))[0])
    beside = compare(metric, ours, theirs, found.confidence, found.seed)
    return ComparisonRecord(
        champion=champion.name,
        rows=len(ours),
        value=_finite(value),
        effect=_finite(beside.effect),
        low=_finite(beside.interval.low),
        high=_finite(beside.interval.high),
        p=_finite(beside.p),
    )


def _finite(value: float) -> float | None:
    return float(value) if isfinite(value) else None
