"""exact_match: the share of rows whose text is exactly a right one."""

from typing import Any, Literal

from runner.metrics.answers import right_texts, text_of
from runner.metrics.base import Mean, Measured


class ExactMatch(Mean, frozen=True):
    """The share of rows whose text is exactly a right one, but for white space at its ends.

    Args:
        name: Always ``exact_match``.
        ignore_case: Whether capitals make no difference.
    """

    takes = frozenset({"text"})
    share = True

    name: Literal["exact_match"]
    ignore_case: bool = False

    def measure(self, answer: Any, target: Any) -> Measured:
        """Tell whether the text is one of the right ones."""
        right = {self._as_compared(text) for text in right_texts(target)}
        return {"value": float(self._as_compared(text_of(answer)) in right)}

    def _as_compared(self, text: str) -> str:
        return text.strip().casefold() if self.ignore_case else text.strip()
