"""A model beside another on the same rows: what gates that name the champion are decided by."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from runner.datasets import DataError, Example
from runner.evaluated import ComparisonRecord
from runner.evaluation.row_table import read_rows
from runner.evaluation.scores import Measured
from runner.evaluation.targets import as_scored
from runner.metrics import Metric
from runner.metrics.base import MetricError
from runner.metrics.intervals import compare
from runner.metrics.table import Table, Tabulating
from runner.recipe.language.models import Recipe

Pair = tuple[Example, Any]
"""A row and the answer to it."""


@dataclass(frozen=True)
class Champion:
    """A model that others are compared with.

    Args:
        name: What the recipe calls it.
        table: The table of all rows that its evaluation left.
    """

    name: str
    table: Path


def compare_with(
    champion: Champion, recipe: Recipe, found: Measured, pairs: Iterable[Pair]
) -> Mapping[str, ComparisonRecord]:
    """Compare what was measured with the champion, on the rows that both answered.

    Args:
        champion: The champion.
        recipe: The recipe, with the gates.
        found: What was measured.
        pairs: Every row with its answer, in the order that it was measured in.

    Returns:
        A comparison for each gate that is held to the champion, and about something measured.

    Raises:
        DataError: The champion answered none of the rows, or its answers are not to be measured.
    """
    shared = _Shared(champion, list(pairs))
    compared: dict[str, ComparisonRecord] = {}
    for name in recipe.evaluation.conditions:
        of = found.rows_of(name) if name in recipe.evaluation.held_to_champion else None
        if of is not None:
            metric, rows = of
            both = [shared.measured(metric, recipe, {*rows.tolist()}, whose) for whose in (0, 1)]
            compared[name] = _compared(champion, metric, (both[0], both[1]), found)
    return compared


class _Shared:
    """The rows that both models answered: the same id, and the same input.

    Args:
        champion: The champion.
        pairs: Every row with the answer of the other model.
    """

    def __init__(self, champion: Champion, pairs: list[Pair]) -> None:
        theirs = {row.id: row for row in read_rows(champion.table)}
        self.name = champion.name
        self.rows: list[tuple[int, Example, tuple[Any, Any]]] = []
        for number, (example, answer) in enumerate(pairs):
            other = theirs.get(example.id)
            if other is not None and other.given == _as_kept(example.given):
                self.rows.append((number, example, (answer, other.answer)))
        if not self.rows:
            message = f"{champion.name}, the champion, answered none of these rows."
            remedy = "Rows are the same by id and input: evaluate it on them first."
            raise DataError(message, remedy)

    def measured(self, metric: Metric, recipe: Recipe, rows: set[int], whose: int) -> Table:
        """Measure the answers of one of the two models to some rows."""
        collected = Tabulating()
        for example, answer in self._of(rows, whose):
            try:
                target = as_scored(example.target, recipe.contract.form)
                collected.add(metric.measure(answer, target))
            except MetricError as error:
                message = f"{self.name}, the champion, row {example.id}: {error}."
                raise DataError(message, "Evaluate it with a recipe of the same task.") from error
        return collected.table()

    def _of(self, rows: set[int], whose: int) -> Iterator[Pair]:
        return ((example, both[whose]) for number, example, both in self.rows if number in rows)


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


def _as_kept(given: Any) -> Any:
    """Give an input as it comes back from the table."""
    return given if isinstance(given, str) else json.loads(json.dumps(given, default=str))


def _finite(value: float) -> float | None:
    return float(value) if isfinite(value) else None
