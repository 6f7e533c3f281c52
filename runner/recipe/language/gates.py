"""Gates as a recipe writes them: an order and a bound."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

FORM = 'Write an order and a number, such as ">= 0.9".'

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
_GATE = re.compile(r"\s*(?P<order>>=|<=|>|<)\s*(?P<bound>[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)\s*")


@dataclass(frozen=True)
class Gate:
    """What must hold for a number.

    Args:
        order: ``>=``, ``<=``, ``>`` or ``<``.
        bound: What it is held to.
    """

    order: str
    bound: float

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
        text: Such as ``>= 0.9``.
    """
    match = _GATE.fullmatch(text)
    return Gate(match["order"], float(match["bound"])) if match else None
