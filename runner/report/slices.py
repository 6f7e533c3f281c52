"""Metrics by the values of a column, a table each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.evaluated import ScoreRecord

_MARK = ".slices."
_MOST = 40


@dataclass(frozen=True)
class SliceTable:
    """The metrics by the values of a column.

    Args:
        column: The column.
        metrics: What is measured.
        lines: A value each with its scores, those with the most rows first.
        left_out: How many values more there are.
    """

    column: str
    metrics: tuple[str, ...]
    lines: tuple[tuple[str, tuple[ScoreRecord, ...]], ...]
    left_out: int


def is_of_slice(score: ScoreRecord) -> bool:
    """Say whether a score is of a slice of the rows."""
    return _MARK in score.name


def sliced(scores: Sequence[ScoreRecord], columns: Sequence[str]) -> Iterator[SliceTable]:
    """Give the tables.

    Args:
        scores: Every score.
        columns: The columns that rows are sliced by.
    """
    for column in columns:
        found: dict[str, dict[str, ScoreRecord]] = {}
        for score in scores:
            metric, _, rest = score.name.partition(_MARK)
            if rest.startswith(f"{column}."):
                found.setdefault(rest.removeprefix(f"{column}."), {})[metric] = score
        lines = [(value, tuple(by_metric.values())) for value, by_metric in found.items()]
        lines.sort(key=lambda line: -line[1][0].rows)
        names = tuple(next(iter(found.values()), {}))
        yield SliceTable(column, names, tuple(lines[:_MOST]), max(len(lines) - _MOST, 0))
