"""Looks at an evaluation while it goes on: at a metric of the rows that have an answer so far.

Batches are the same ones for all points of a recipe, and their answers are in the file of
predictions when it is told that they are there: so each look is at the same rows of every point,
and an evaluation that was killed has the same looks when it goes on.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import TYPE_CHECKING

from runner.datasets import Example
from runner.evaluation.questions import Questions
from runner.evaluation.scores import Measuring
from runner.evaluation.windows import Unit, Window, alike

if TYPE_CHECKING:
    from runner.evaluation.asking import Asking


@dataclass(frozen=True)
class Look:
    """Who looks at an evaluation, at what, and how often.

    Args:
        metric: What the metric is called.
        every: Rows between two looks, at least: a batch is looked at as a whole.
        tell: Told after how many rows of how many the metric has which value; what it raises ends
            the evaluation.
    """

    metric: str
    every: int
    tell: Callable[[int, int, float], None]


_LOOK: ContextVar[Look | None] = ContextVar("who looks at evaluations", default=None)


@contextmanager
def looked_at(look: Look) -> Generator[None]:
    """Let somebody look at the evaluations that are made inside.

    Args:
        look: Who, and at what.
    """
    kept = _LOOK.set(look)
    try:
        yield
    finally:
        _LOOK.reset(kept)


def watched(
    asking: "Asking", questions: Questions, windows: Iterable[Window], rows: int
) -> Iterator[Window]:
    """Give windows of rows whose answers are looked at, where somebody wants to.

    Args:
        asking: Who asks for them.
        questions: What is asked, and what answers say of the rows.
        windows: The windows.
        rows: How many rows there are in all.
    """
    look = _LOOK.get()
    looking = look and _Looking(look, asking, questions, rows)
    for window in windows:
        yield looking.along(window) if looking else window


@dataclass
class _Looking:
    look: Look
    asking: "Asking"
    questions: Questions
    rows: int
    seen: int = field(default=0, init=False)
    looked: int = field(default=0, init=False)
    measuring: Measuring = field(init=False)

    def __post_init__(self) -> None:
        evaluation = self.asking.recipe.evaluation
        self.measuring = Measuring(
            [metric for metric in evaluation.metrics if metric.key == self.look.metric],
            (),
            self.asking.recipe.form,
            repeated=evaluation.repeat > 1,
        )

    def along(self, window: Window) -> Window:
        """Give a window whose rows are measured as they are answered, the first time."""
        batches = alike(window.flat)
        row_of = [number for number, units in enumerate(window.units) for _ in units]
        left = [len(units) for units in window.units]

        def told(answered: int) -> None:
            window.told(answered)
            for batch, done in batches:
                for place in batch:
                    left[row_of[place]] -= 1
                whole = dict.fromkeys(row for p in batch if not left[row := row_of[p]])
                self._measure([(window.examples[row], window.units[row]) for row in whole])
                if done >= answered:
                    break
            self._tell()

        return replace(window, told=told)

    def _measure(self, answered: Sequence[tuple[Example, Sequence[Unit]]]) -> None:
        keys = self.asking.keys([unit for _, units in answered for unit in units])
        kept = self.asking.predictions.kept(keys)
        answers = iter([kept[key] for key in keys])
        repeated = self.asking.recipe.evaluation.repeat > 1
        for example, units in answered:
            row, answer = self.questions.answered(example, [next(answers) for _ in units])
            self.measuring.add(row, [answer] if repeated else answer)
        self.seen += len(answered)

    def _tell(self) -> None:
        """Tell what there is to see, where it is time for that, and not all there is."""
        if self.seen - self.looked < self.look.every or self.seen >= self.rows:
            return
        self.looked = self.seen
        value = self.measuring.values()[self.look.metric]
        if isfinite(value):
            self.look.tell(self.seen, self.rows, value)
