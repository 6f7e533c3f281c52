"""Rows that two models answered: the same id and the same input, so that one pays for the other."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from runner.evaluation.row_table import TableRow
from runner.evaluation.scores import mean_of
from runner.evaluation.targets import as_scored
from runner.metrics import Metric
from runner.metrics.base import MetricError
from runner.metrics.table import Table, Tabulating
from runner.tasks.scoring import Form


@dataclass(frozen=True)
class Pair:
    """A row with both answers to it.

    Args:
        number: Its place among the first model's rows, from 0.
        id: What tells it from the others.
        target: What is right.
        answers: The first model's answer, and the second's.
    """

    number: int
    id: str
    target: Any
    answers: tuple[Any, Any]


def pairs(first: Iterable[TableRow], second: Iterable[TableRow]) -> Iterator[Pair]:
    """Give the rows that both models answered, in the order of the first.

    Args:
        first: The rows of one model.
        second: Those of the other; all of them are held.
    """
    others = {row.id: row for row in second}
    for number, row in enumerate(first):
        other = others.get(row.id)
        if other is not None and other.given == as_kept(row.given):
            yield Pair(number, row.id, row.target, (row.answer, other.answer))


def as_kept(given: Any) -> Any:
    """Give an input as it comes back from a table.

    Args:
        given: The input.
    """
    return given if isinstance(given, str) else json.loads(json.dumps(given, default=str))


def measured(metric: Metric, rows: Iterable[Pair], whose: int, form: Form | None) -> Table:
    """Measure the answers of one of the two models.

    Args:
        metric: The metric.
        rows: The rows.
        whose: 0 for the first model, 1 for the second.
        form: The form of the answers.

    Raises:
        MetricError: A target or an answer is not what the metric takes; it says of which row.
    """
    collected = Tabulating()
    for row in rows:
        try:
            answers = _all(row.answers[whose], form)
            collected.add(mean_of(metric, answers, as_scored(row.target, form)))
        except MetricError as error:
            raise MetricError(f"row {row.id}: {error}") from error
    return collected.table()


def _all(answer: Any, form: Form | None) -> list[Any]:
    """Give all answers to a row: of a text that was asked for several times there is a list."""
    return answer if form == "text" and isinstance(answer, list) else [answer]
