"""The table of all evaluated rows, as MLflow's users expect it, and the worst of them."""

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from runner.datasets import Example
from runner.evaluated import RowRecord
from runner.evaluation.scores import Measured
from runner.metrics import Metric
from runner.statistics.bootstrap import Numbers

_EVERY = ("id", "inputs", "targets", "outputs")
_WORST = 10
_LONGEST = 2000


class RowWriter:
    """Writes the table: a row as it is answered, and what metrics say of each at the end.

    Args:
        file: The file to write.
        slices: The columns that rows are sliced by.
    """

    def __init__(self, file: Path, slices: Sequence[str]) -> None:
        self._file, self._slices = file, tuple(slices)
        self._begun, self._staged = (
            file.with_name(f".{file.stem}{suffix}") for suffix in (".rows", ".partial")
        )

    def __enter__(self) -> "RowWriter":
        """Begin it."""
        self._opened = self._begun.open("w", encoding="utf-8", newline="\n")
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing that is half of a table."""
        self._opened.close()
        self._begun.unlink(missing_ok=True)

    def add(self, example: Example, answer: Any) -> None:
        """Write a row.

        Args:
            example: The row.
            answer: The answer to it.
        """
        sliced = [example.of[column] for column in self._slices]
        cells = [example.id, example.given, example.target, answer, *sliced]
        self._opened.write(_as_text(cells)[:-1] + "\n")

    def finish(self, found: Measured) -> list[RowRecord]:
        """Write what the metrics measured beside the rows.

        Args:
            found: What they measured.

        Returns:
            The rows that the first metric with a value for each row counts as worst, the worst
            first; right ones are none of them.
        """
        self._opened.close()
        by_row = found.by_row()
        first = next((metric for metric, _ in found.metrics if metric.key in by_row), None)
        worst = _worst(first, by_row[first.key]) if first else {}
        columns = [*_EVERY, *self._slices, *by_row]
        records: dict[int, RowRecord] = {}
        with (
            self._begun.open(encoding="utf-8", newline="\n") as begun,
            self._staged.open("w", encoding="utf-8", newline="\n") as staged,
        ):
            staged.write(f'{{"columns": {json.dumps(columns)}, "data": [')
            for number, line in enumerate(begun):
                values = [_finite(column[number]) for column in by_row.values()]
                rest = "".join(f", {json.dumps(value)}" for value in values)
                staged.write(("," if number else "") + f"\n{line[:-1]}{rest}]")
                if number in worst:
                    records[number] = _record(json.loads(f"{line[:-1]}]"), worst[number])
            staged.write("\n]}\n")
        self._staged.replace(self._file)
        return [records[number] for number in worst]


def _worst(metric: Metric, values: Numbers) -> Mapping[int, float]:
    """Give the worst rows with their values, the worst first; of rows as bad, the first ones."""
    bad = ((badness(metric, _finite(value)), n) for n, value in enumerate(values))
    ranked = ((one, -number) for one, number in bad if one is not None)
    return {-number: float(values[-number]) for _, number in heapq.nlargest(_WORST, ranked)}


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


def _record(cells: Sequence[Any], score: float) -> RowRecord:
    id_, given, target, answer, *_ = cells
    return RowRecord(
        id=id_, given=_short(given), target=_short(target), answer=_short(answer), score=score
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
