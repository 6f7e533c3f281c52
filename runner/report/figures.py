"""Numbers drawn: where an interval lies, and how many values lie where."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runner.recipe.language.gates import parse_gate
from runner.text.wording import figure

_BARS = 24
_MARGIN = 0.04
_WIDTH = 100.0


@dataclass(frozen=True)
class Bar:
    """Values that are alike.

    Args:
        label: From where to where, in words.
        count: How many.
        share: Of the tallest bar, 0 to 1.
    """

    label: str
    count: int
    share: float


def bars(values: Sequence[float]) -> tuple[Bar, ...]:
    """Count values by where they lie; the slowest one of a hundred are one bar, at the end.

    Args:
        values: The values, in milliseconds.
    """
    if len(values) < 2:
        return ()
    found = np.array(values)
    end = float(np.quantile(found, 0.99))
    counts, edges = np.histogram(found[found <= end], _BARS)
    named = [f"{a:.3g} to {b:.3g} ms" for a, b in zip(edges[:-1], edges[1:], strict=True)]
    every = [*counts.tolist(), int((found > end).sum())]
    tallest = max(every)
    return tuple(
        Bar(name, count, count / tallest)
        for name, count in zip([*named, f"more than {figure(end)} ms"], every, strict=True)
    )


@dataclass(frozen=True)
class Span:
    """An interval on a line from 0 to 100.

    Args:
        low: Where it begins.
        high: Where it ends.
        value: Where the number is.
        bound: Where the bound of a gate is; None without one.
    """

    low: float
    high: float
    value: float
    bound: float | None


def span(
    value: float | None, low: float | None, high: float | None, condition: str = ""
) -> Span | None:
    """Place an interval on a line: of a gate one that holds both, else a share on 0 to 1.

    Args:
        value: The number; None where there is none.
        low: Where its interval begins; None where that is not known.
        high: Where it ends.
        condition: The gate that it is held to.
    """
    gate = parse_gate(condition)
    if value is None or low is None or high is None:
        return None
    bound = gate.bound if gate and not gate.other else None
    told = [value, low, high] + ([] if bound is None else [bound])
    is_share = bound is None and min(told) >= 0 and max(told) <= 1
    start, end = (0.0, 1.0) if is_share else (min(told), max(told))
    reach = (end - start) or 1.0

    def place(number: float) -> float:
        within = _MARGIN + (1 - 2 * _MARGIN) * (number - start) / reach
        return round(within * _WIDTH, 2)

    return Span(place(low), place(high), place(value), None if bound is None else place(bound))
