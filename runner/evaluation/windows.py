"""Rows that are held at once, and the batches of like length that are asked together of them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.datasets import Example
from runner.evaluation.predictions import BATCH, batches

PIECES = re.compile(r"\w{1,6}|[^\w\s]")
Progress = Callable[[str, int, int], None]
Told = Callable[[int], None]
Unit = tuple[Example, Any]
"""An input that the model gets, with the row that it is of."""


@dataclass(frozen=True)
class Telling:
    """Tells how many rows are done, while some are asked together.

    Args:
        progress: Who is told.
        rows: How many there are.
        before: How many were done before.
        each: The part of a row that an answer is.
    """

    progress: Progress
    rows: int
    before: int
    each: float

    def __call__(self, answered: int) -> None:
        """Tell.

        Args:
            answered: How many answers there are to the rows that are asked together.
        """
        self.progress("rows", self.before + round(answered * self.each), self.rows)


@dataclass(frozen=True)
class Window:
    """Rows that are held at once.

    Args:
        examples: The rows.
        units: What is asked for each of them.
        told: Told how many of these have an answer, of all times that they are asked.
    """

    examples: Sequence[Example]
    units: Sequence[Sequence[Unit]]
    told: Told

    @property
    def flat(self) -> list[Unit]:
        """What is asked for all of them, in order."""
        return [unit for of_row in self.units for unit in of_row]


@dataclass(frozen=True)
class Sent:
    """A batch that an engine has.

    Args:
        units: What is asked, by its key.
        told: Told when it is answered.
    """

    units: Mapping[bytes, Unit]
    told: Callable[[], None]


def untold(answered: int) -> None:
    """Tell nobody.

    Args:
        answered: How many answers there are.
    """


def alike(units: Sequence[Unit]) -> Iterator[tuple[list[int], int]]:
    """Part units into batches of like length: the same ones, whatever has been answered.

    Args:
        units: The units.

    Yields:
        The places of those of a batch, and how many have come with it.
    """
    order, done = sorted(range(len(units)), key=lambda place: -_length(units[place][1])), 0
    for batch in batches(iter(order), BATCH):
        done += len(batch)
        yield batch, done


def together(times: Sequence[tuple[Example, Any]]) -> tuple[Example, Any]:
    """Give a row with its answer; with a list of them where it was asked several times.

    Args:
        times: The row with the answer that it had each time.
    """
    example, answer = times[0]
    return example, answer if len(times) == 1 else [answer for _, answer in times]


def _length(given: Any) -> int:
    """Give how long an input is, roughly in tokens: what it takes of a model grows with it."""
    if isinstance(given, bytes):
        return len(given)
    return len(PIECES.findall(given if isinstance(given, str) else repr(given)))
