"""The tables of a comparison, cell by cell, for whichever form it is written in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runner.comparing.against import Against, Difference
from runner.comparing.comparison import Comparison
from runner.comparing.decision import held_back
from runner.comparing.runs import Run
from runner.evaluated import ScoreRecord
from runner.text.wording import figure, interval, size

NONE = "–"
_LONGEST = 80


@dataclass(frozen=True)
class Cell:
    """A cell.

    Args:
        text: What it says.
        order: What it is sorted by: a number, or its text.
    """

    text: str
    order: float | str


def heads(compared: Comparison) -> tuple[str, ...]:
    """Give the heads of the table of runs.

    Args:
        compared: The comparison.
    """
    front = ("front",) if compared.front else ()
    measured = ("latency", "size", "memory", "seconds")
    return ("run", "verdict", *compared.varied, *compared.metrics, *measured, *front)


def lines(compared: Comparison) -> Iterator[tuple[Run, list[Cell]]]:
    """Give the lines of the table of runs, in the order of the heads.

    Args:
        compared: The comparison.
    """
    for run in compared.runs:
        cells = [_text(run.name), _text(run.status)]
        cells += [_text(_written(run.told.get(name, NONE))) for name in compared.varied]
        cells += [_score(run.scores.get(name)) for name in compared.metrics]
        cells += [_number(run.latency_ms, f"{figure(run.latency_ms)} ms"), _size(_bytes(run))]
        cells += [_size(run.memory_bytes), _number(run.seconds, f"{run.seconds:.1f}")]
        if compared.front:
            cells.append(_text("yes" if run.name in compared.front else ""))
        yield run, cells


def reasons(compared: Comparison) -> Iterator[tuple[str, str]]:
    """Give the runs that may not be shipped, each with why.

    Args:
        compared: The comparison.
    """
    found = ((run.name, held_back(run)) for run in compared.runs)
    yield from ((name, why) for name, why in found if why)


AGAINST = ("run", "metric", "is", "baseline", "difference", "interval", "p", "rows", "says")
"""Heads of the table of metrics against the baseline."""
ANSWERS = ("run", "inputs", "the same answer", "largest difference of a number")
"""Heads of the table of answers against the baseline."""


def differing(held: Against) -> Iterator[list[str]]:
    """Give the lines of a run in the table of metrics against the baseline.

    Args:
        held: The run, held to the baseline.
    """
    for one in held.metrics:
        yield [held.run.name, one.metric, *_difference(one)]


def agreeing(held: Against) -> list[str]:
    """Give the line of a run in the table of answers against the baseline.

    Args:
        held: The run, held to the baseline.
    """
    found = held.answers
    share = f"{found.equal} ({found.equal / found.compared:.1%})" if found.compared else NONE
    largest = NONE if found.largest is None else figure(found.largest)
    return [held.run.name, str(found.compared), share, largest]


def _difference(one: Difference) -> list[str]:
    effect = NONE if one.effect is None else f"{one.effect:+.4g}"
    p = NONE if one.p is None else f"{one.p:.2g}"
    ends = interval(one.low, one.high)
    return [figure(one.value), figure(one.baseline), effect, ends, p, str(one.rows), one.verdict]


def _text(text: str) -> Cell:
    return Cell(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…", text)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _score(score: ScoreRecord | None) -> Cell:
    if score is None:
        return Cell(NONE, "")
    return _number(score.value, f"{figure(score.value)} ({interval(score.low, score.high)})")


def _bytes(run: Run) -> float | None:
    return run.record.model_bytes or None


def _size(count: float | None) -> Cell:
    return _number(count, size(int(count or 0)))


def _number(value: float | None, text: str) -> Cell:
    return Cell(NONE, "") if value is None else Cell(text, value)
