"""The table of all evaluated rows, as MLflow's users expect it, and the worst of them."""

import heapq
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from runner.datasets import Example
from runner.evaluated import RowRecord
from runner.evaluation.scores import Measured
from runner.metrics import Metric
from runner.statistics.bootstrap import Numbers

TABLE_FILE = "eval_results_table.json"
"""The name that ``mlflow.evaluate`` gives it; its form is that of ``pandas``' ``split``."""
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
    by_row, first = found.by_row(), found.first_by_row()
    columns = ["id", "inputs", "targets", "outputs", *found.columns, *by_row]
    ranked: list[tuple[float, int, RowRecord]] = []
    staged = file.with_suffix(".partial")
    with staged.open("w", encoding="utf-8") as opened:
        opened.write(f'{{"columns": {json.dumps(columns)}, "data": [')
        for number, (example, answer) in enumerate(pairs):
            values = [_finite(column[number]) for column in by_row.values()]
            sliced = [example.of[column] for column in found.columns]
            cells = [example.id, example.given, example.target, answer, *sliced, *values]
            opened.write(("," if number else "") + "\n" + _as_text(cells))
            for badness in _badness(first, number):
                row = _row(example, answer, values[0])
                heapq.heappush(ranked, (badness, -number, row))
                if len(ranked) > _WORST:
                    heapq.heappop(ranked)
        opened.write("\n]}\n")
    staged.replace(file)
    return [row for _, _, row in sorted(ranked, key=lambda one: (-one[0], -one[1]))]


def _badness(first: tuple[Metric, Numbers] | None, number: int) -> Iterator[float]:
    """Give how bad a row is, where it is bad at all: a right one has the best value there is."""
    if first is None:
        return
    metric, values = first
    value, best = float(values[number]), metric.bounds[1 if metric.higher_is_better else 0]
    if np.isfinite(value) and value != best:
        yield -value if metric.higher_is_better else value


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
