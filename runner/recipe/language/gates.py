"""Gates as a recipe writes them: an order, and a bound or the champion's number."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

FORM = 'Write an order and a number, such as ">= 0.9", or the champion: ">= champion - 0.01".'
CHAMPION = "champion"
"""The word for another model's number, on the same rows."""

MEASURED = (
    "latency_p50_ms",
    "latency_p95_ms",
    "latency_p99_ms",
    "rows_per_second",
    "load_seconds",
    "peak_memory_bytes",
    "size_bytes",
)
"""What is measured beside the metrics, by the names that gates have for it."""
_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_NUMBER = r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_GATE = re.compile(
    rf"\s*(?P<order>>=|<=|>|<)\s*(?:(?P<bound>[+-]?{_NUMBER})"
    rf"|{CHAMPION}(?:\s*(?P<sign>[+-])\s*(?P<margin>{_NUMBER}))?)\s*"
)


@dataclass(frozen=True)
class Gate:
    """What must hold for a number.

    Args:
        order: ``>=``, ``<=``, ``>`` or ``<``.
        bound: What it is held to; of a gate against the champion, what the difference from the
            champion's number is held to.
        of_champion: Whether it is held to the champion's number.
    """

    order: str
    bound: float
    of_champion: bool = False

    @property
    def upwards(self) -> bool:
        """Whether more is better."""
        return self.order[0] == ">"

    def holds(self, value: float) -> bool:
        """Say whether a number meets it; nan meets nothing."""
        return _ORDERS[self.order](value, self.bound)


def parse_gate(text: str) -> Gate | None:
    """Read a gate; None where it is not one.

    Args:
        text: Such as ``>= 0.9`` or ``>= champion - 0.01``.
    """
    match = _GATE.fullmatch(text)
    if match is None:
        return None
    if match["bound"] is not None:
        return Gate(match["order"], float(match["bound"]))
    return Gate(match["order"], float(f"{match['sign'] or ''}{match['margin'] or 0}"), True)
