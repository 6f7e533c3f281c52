"""The rows of a report: the wrong ones first, cut so that the page stays small."""

import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from runner.evaluation.row_table import TableRow, badness, columns_of, read_rows
from runner.metrics import Metric
from runner.quoting import visible
from runner.recipe.language.models import Recipe

_MOST = 2000
_BYTES = 220_000
_LONGEST = 800
_WIDTHS = ((800, 800), (800, 200), (800, 80), (400, 50), (150, 40), (60, 30))
"""Characters of a cell in a wrong row and in any other; the first that fit are taken."""
_ESCAPED = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


@dataclass(frozen=True)
class Row:
    """A row.

    Args:
        id: What tells it from the others.
        given: Its input.
        target: What is right.
        answer: What the model answered; of labels the best.
        sure: The score of the best label; None for what has none.
        slices: Values of the columns that rows are sliced by.
        values: What each metric with a value for each row gives for it.
        bad: How bad it is; None where it is right, or nothing says so.
    """

    id: str
    given: str
    target: str
    answer: str
    sure: float | None
    slices: tuple[str, ...]
    values: tuple[float | None, ...]
    bad: float | None

    def cells(self, width: int) -> list[Any]:
        """Give its cells as the page has them.

        Args:
            width: Characters that a text may have.
        """
        texts = (self.given, self.target, self.answer)
        return [
            _cut(self.id, width),
            *(_cut(text, width) for text in texts),
            None if self.sure is None else round(self.sure, 4),
            int(self.bad is not None),
            *(_cut(text, width) for text in self.slices),
            *(None if value is None else round(value, 4) for value in self.values),
        ]


@dataclass(frozen=True)
class Rows:
    """The rows that a report shows.

    Args:
        shown: The rows, the worst first, then those that are right in the order of the data.
        total: How many were evaluated.
        wrong: How many of these are wrong.
        judge: The metric that says what is wrong; empty where none does.
        slices: The columns that rows are sliced by.
        metrics: The metrics with a value for each row.
    """

    shown: Sequence[Row]
    total: int
    wrong: int
    judge: str
    slices: tuple[str, ...]
    metrics: tuple[str, ...]

    @property
    def document(self) -> Markup:
        """The rows as JSON that may stand in HTML: as wide as the page has room for."""
        lines = list(self._fitting())
        while sum(map(len, lines)) > _BYTES:
            lines = lines[: len(lines) * 9 // 10]
        columns = {"slices": self.slices, "metrics": self.metrics}
        head = {name: [visible(one) for one in named] for name, named in columns.items()}
        texts = ",\n".join(str(line, "utf-8") for line in lines)
        return Markup(f'{{"columns":{_json(head)},"rows":[{texts}]}}')  # noqa: S704 - no < in it

    def _fitting(self) -> Iterator[bytes]:
        found: list[bytes] = []
        for wrong, right in _WIDTHS:
            widths = (right if row.bad is None else wrong for row in self.shown)
            cells = (row.cells(w) for row, w in zip(self.shown, widths, strict=True))
            found = [_json(line).encode() for line in cells]
            if sum(map(len, found)) <= _BYTES:
                break
        yield from found


def choose(table: Path, recipe: Recipe) -> Rows:
    """Choose the rows that a report shows; of all others none is held.

    Args:
        table: The table of all rows.
        recipe: The recipe.
    """
    slices = tuple(recipe.evaluation.slices)
    metrics = tuple(columns_of(table)[len(slices) :])
    keyed = {metric.key: metric for metric in recipe.evaluation.metrics}
    found = _Reading(keyed[metrics[0]] if metrics else None, len(slices))
    shown = heapq.nsmallest(_MOST, map(found.row, read_rows(table)), key=_rank)
    judge = metrics[0] if metrics else ""
    return Rows(shown, found.total, found.wrong, judge, slices, metrics)


def _rank(row: Row) -> tuple[bool, float, float]:
    """Give the place of a row: the worst first, of those that are as bad the surest mistakes."""
    return (row.bad is None, -(row.bad or 0.0), 0.0 if row.bad is None else -(row.sure or 0.0))


@dataclass
class _Reading:
    """Reads rows of a table, and counts them.

    Args:
        judge: The metric that says what is wrong; None where none does.
        slices: How many columns rows are sliced by.
    """

    judge: Metric | None
    slices: int
    total: int = 0
    wrong: int = 0

    def row(self, read: TableRow) -> Row:
        """Read a row."""
        values = tuple(read.rest[self.slices :])
        bad = badness(self.judge, values[0]) if self.judge else None
        self.total += 1
        self.wrong += bad is not None
        answer, sure = _best(read.answer)
        sliced = tuple(str(value) for value in read.rest[: self.slices])
        texts = (_text(cell) for cell in (read.given, read.target, answer))
        return Row(str(read.id), *texts, sure, sliced, values, bad)


def _best(answer: Any) -> tuple[Any, float | None]:
    """Give of labels with scores the best one with its score, and all else as it is."""
    match answer:
        case [{"label": label, "score": float(score), **rest}, *_] if not rest:
            return label, score
        case _:
            return answer, None


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[: _LONGEST + 1]


def _cut(text: str, width: int) -> str:
    return visible(text if len(text) <= width else f"{text[:width]}…")


def _json(value: Any) -> str:
    """Give JSON that no HTML parser takes for anything else."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPED)
