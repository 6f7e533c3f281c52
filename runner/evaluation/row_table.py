"""The table of all evaluated rows, as MLflow's users expect it, and the worst of them."""

import heapq
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from runner.datasets import Example
from runner.evaluated import RowRecord
from runner.evaluation.scores import Measured
from runner.metrics import Metric

TABLE_FILE = "eval_results_table.json"
"""The name that ``mlflow.evaluate`` gives it; its form is that of ``pandas``' ``split``."""
_EVERY = ("id", "inputs", "targets", "outputs")
_WORST = 10
_LONGEST = 2000


def write_rows(
    pairs: Iterable[tuple[Example, Any]], found: Measured, file: Path
) -> list[RowRecord]:
    """Write the table row by row, and give the worst rows.

    Args:
        pairs: Every row with its answer, in order.
        found: What the metrics measured.
        file: The file to write.

    Returns:
        The rows that the first metric with a value for each row counts as worst, the worst first;
        right ones are none of them.
    """
    by_row = found.by_row()
    first = next((metric for metric, _ in found.metrics if metric.key in by_row), None)
    columns = [*_EVERY, *found.columns, *by_row]
    ranked: list[tuple[float, int, RowRecord]] = []
    staged = file.with_suffix(".partial")
    with staged.open("w", encoding="utf-8") as opened:
        opened.write(f'{{"columns": {json.dumps(columns)}, "data": [')
        for number, (example, answer) in enumerate(pairs):
            values = [_finite(column[number]) for column in by_row.values()]
            sliced = [example.of[column] for column in found.columns]
            cells = [example.id, example.given, example.target, answer, *sliced, *values]
            opened.write(("," if number else "") + "\n" + _as_text(cells))
            bad = badness(first, values[0]) if first else None
            if bad is not None:
                heapq.heappush(ranked, (bad, -number, _row(example, answer, values[0])))
                if len(ranked) > _WORST:
                    heapq.heappop(ranked)
        opened.write("\n]}\n")
    staged.replace(file)
    return [row for _, _, row in sorted(ranked, key=lambda one: (-one[0], -one[1]))]


@dataclass(frozen=True)
class TableRow:
    """A row of the table.

    Args:
        id: What tells it from the others.
        given: Its input.
        target: What is right.
        answer: What the model answered.
        rest: The columns that it is sliced by, then the metrics with a value for each row.
    """

    id: str
    given: Any
    target: Any
    answer: Any
    rest: Sequence[Any]


def read_rows(file: Path) -> Iterator[TableRow]:
    """Read a table that was written here, row by row.

    Args:
        file: The table.
    """
    with file.open(encoding="utf-8", newline="\n") as opened:
        for line in opened:
            if line.startswith("["):
                id_, given, target, answer, *rest = json.loads(line.rstrip(",\n"))
                yield TableRow(id_, given, target, answer, rest)


def columns_of(file: Path) -> list[str]:
    """Give the columns of a table beyond those that every row has.

    Args:
        file: The table.
    """
    with file.open(encoding="utf-8", newline="\n") as opened:
        columns: list[str] = json.loads(f"{next(opened)}]}}")["columns"]
    return columns[len(_EVERY) :]


def badness(metric: Metric, value: float | None) -> float | None:
    """Give how bad a row is; None for a right one, which has the best value that there is.

    Args:
        metric: The first metric that has a value for each row.
        value: Its value for this one; None where it is not defined.
    """
    best = metric.bounds[1 if metric.higher_is_better else 0]
    if value is None or value == best:
        return None
    return -value if metric.higher_is_better else value


def _row(example: Example, answer: Any, score: float | None) -> RowRecord:
    return RowRecord(
        id=example.id,
        given=_short(example.given),
        target=_short(example.target),
        answer=_short(answer),
        score=0.0 if score is None else score,
    )


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    if isinstance(value, list):
        return [_short(item) for item in value[:3]]
    return value


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _as_text(cells: list[Any]) -> str:
    return json.dumps(cells, ensure_ascii=False, default=str)
