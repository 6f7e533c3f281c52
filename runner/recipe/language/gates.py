"""Gates as a recipe writes them: an order, and a bound or another model's number."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

FORM = (
    'Write an order and a number, such as ">= 0.9", the champion, ">= champion - 0.01", or a point '
    'of the same recipe, ">= float32 - 0.01".'
)
CHAMPION = "champion"
"""The word for another model's number, on the same rows."""

SIZE = "size_bytes"
"""What is measured of each model, on data or not."""
MEASURED = (
    "latency_p50_ms",
    "latency_p95_ms",
    "latency_p99_ms",
    "batch_p50_ms",
    "batch_p95_ms",
    "batch_p99_ms",
    "first_text_p50_ms",
    "rows_per_second",
    "prompt_tokens_per_second",
    "generated_tokens_per_second",
    "load_seconds",
    "peak_memory_bytes",
    "peak_gpu_memory_bytes",
    SIZE,
)
"""What is measured beside the metrics, by the names that gates have for it."""
OF_GENERATION = ("prompt_tokens_per_second", "generated_tokens_per_second")
"""What is measured of models that generate text alone."""
OF_STREAMS = ("first_text_p50_ms",)
"""What is measured of models that give their answer piece by piece alone."""
_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_NUMBER = r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_GATE = re.compile(
    rf"\s*(?P<order>>=|<=|>|<)\s*(?:(?P<bound>[+-]?{_NUMBER})"
    rf"|(?P<other>{CHAMPION}(?=[\s+-]|$)|[A-Za-z_][^\s<>]*)"
    rf"(?:\s*(?P<sign>[+-])\s*(?P<margin>{_NUMBER}))?)\s*"
)


@dataclass(frozen=True)
class Gate:
    """What must hold for a number.

    Args:
        order: ``>=``, ``<=``, ``>`` or ``<``.
        bound: What it is held to; of a gate against another model, what the difference from that
            one's number is held to.
        other: The other model: ``champion``, or a point of the same recipe; empty for none.
    """

    order: str
    bound: float
    other: str = ""

    @property
    def of_champion(self) -> bool:
        """Whether it is held to the champion's number."""
        return self.other == CHAMPION

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
        text: Such as ``>= 0.9``, ``>= champion - 0.01`` or ``>= dtype=float32``.
    """
    match = _GATE.fullmatch(text)
    if match is None:
        return None
    if match["bound"] is not None:
        return Gate(match["order"], float(match["bound"]))
    margin = float(f"{match['sign'] or ''}{match['margin'] or 0}")
    return Gate(match["order"], margin, match["other"])
