"""exact_match: the share of rows whose text is exactly a right one."""

from typing import Any, Literal

from runner.metrics.answers import text_of
from runner.metrics.base import Mean, Measured
from runner.metrics.normalising import as_squad
from runner.metrics.reading import right_answers


class ExactMatch(Mean, frozen=True):
    """The share of rows whose text is exactly a right one, but for white space at its ends.

    Where nothing is right, as of a question without an answer, the target is null, empty text or
    an empty list, and only an empty text is right.

    Args:
        name: Always ``exact_match``.
        ignore_case: Whether capitals make no difference.
        normalise: ``none``, or ``squad`` for texts without case, punctuation and articles.

    Source: P. Rajpurkar et al., "SQuAD" (2016) and "Know what you don't know" (2018).
    """

    takes = frozenset({"text"})
    reads = staticmethod(right_answers)
    share = True

    name: Literal["exact_match"]
    ignore_case: bool = False
    normalise: Literal["none", "squad"] = "none"

    def measure(self, answer: Any, target: Any) -> Measured:
        """Tell whether the text is one of the right ones."""
        right = {self._as_compared(text) for text in right_answers(target)}
        return {"value": float(self._as_compared(text_of(answer)) in right)}

    def _as_compared(self, text: str) -> str:
        if self.normalise == "squad":
            return as_squad(text)
        return text.strip().casefold() if self.ignore_case else text.strip()
