"""The rows of a report: the wrong ones first, cut so that the page stays small."""

import heapq
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup

from runner.evaluation.row_table import TableRow, badness, columns_of, read_rows
from runner.metrics import Metric
from runner.recipe.language.models import Recipe
from runner.text.visible import unhidden

_MOST = 2000
_ROOM_OF_HEAD = 2000
_LONGEST = 800
_WIDTHS = (
    *((_LONGEST, right) for right in (800, 400, 200, 140, 100, 70, 50)),
    *((wrong, 40) for wrong in (400, 200, 120, 80, 50, 30)),
)
"""Characters of a cell in a wrong row and in any other; the first that fit are taken."""
_WORDED = (2, 3)
"""The places of target and answer."""
_FIXED = 6
"""How many cells come before those of the slices."""
_MOST_WORDS = 100
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


@dataclass(frozen=True)
class Row:
    """A row, of which every text is safe to show.

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
        if self._longest <= width:
            return self._whole.copy()
        return [_cut(one, width) if isinstance(one, str) else one for one in self._whole]

    @cached_property
    def _whole(self) -> list[Any]:
        return [
            self.id,
            self.given,
            self.target,
            self.answer,
            None if self.sure is None else round(self.sure, 4),
            int(self.bad is not None),
            *self.slices,
            *(None if value is None else round(value, 4) for value in self.values),
        ]

    @cached_property
    def _longest(self) -> int:
        return max(len(one) for one in self._whole if isinstance(one, str))


@dataclass(frozen=True)
class Fitted:
    """Rows as the page has them.

    Args:
        document: The rows, as JSON.
        rows: How many they are.
    """

    document: Markup
    rows: int


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

    def fitted(self, room: int) -> "Fitted":
        """Give the rows as JSON that may stand in HTML: as wide as there is room for.

        Args:
            room: Bytes that there are for them.
        """
        rows, words = self._fitting(room - _ROOM_OF_HEAD)
        columns = {"slices": self.slices, "metrics": self.metrics}
        head = {name: [unhidden(one) for one in named] for name, named in columns.items()}
        text = _json({"columns": head, "words": words, "rows": rows})
        return Fitted(Markup(text), len(rows))  # noqa: S704 - no < is left in it

    def _fitting(self, room: int) -> tuple[list[list[Any]], Mapping[int, list[str]]]:
        """Give the rows that fit, and the words that they have numbers for."""
        cells, words = list[list[Any]](), dict[int, list[str]]()
        for wrong, right in _WIDTHS:
            widths = (right if row.bad is None else wrong for row in self.shown)
            cells = [row.cells(w) for row, w in zip(self.shown, widths, strict=True)]
            words = dict(_numbered(cells, [*_WORDED, *range(_FIXED, _FIXED + len(self.slices))]))
            if _size(cells, words) <= room:
                break
        while cells and _size(cells, words) > room:
            cells = cells[: len(cells) * 9 // 10]
        return cells, words


def _numbered(cells: Sequence[list[Any]], places: Iterable[int]) -> Iterator[tuple[int, list[str]]]:
    """Put the number of a word for a word, in columns that have few of them."""
    for place in places:
        words = {text: number for number, text in enumerate(sorted({row[place] for row in cells}))}
        if len(words) <= _MOST_WORDS:
            for row in cells:
                row[place] = words[row[place]]
            yield place, list(words)


def _size(*parts: Any) -> int:
    return len(_json(parts).encode())


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
        sliced = tuple(map(_text, read.rest[: self.slices]))
        given, target, said = map(_text, (read.given, read.target, answer))
        return Row(_text(read.id), given, target, said, sure, sliced, values, bad)


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
    return unhidden(text[: _LONGEST + 1])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[:width]}…"


def _json(value: Any) -> str:
    """Give JSON that no HTML parser takes for anything else."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for mark, escaped in _ESCAPED.items():
        text = text.replace(mark, escaped)
    return text
