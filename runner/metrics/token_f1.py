"""token_f1: how many words an answer shares with a right one, as SQuAD counts them."""

from collections import Counter
from typing import Any, Literal

from runner.metrics.answers import text_of
from runner.metrics.base import Mean, Measured
from runner.metrics.normalising import as_squad
from runner.metrics.reading import right_answers


class TokenF1(Mean, frozen=True):
    """The mean F1 of the words of answer and target, of several targets the best.

    Texts are compared as SQuAD compares them: without case, punctuation and articles. Where a
    question has no answer the target is null, empty text or an empty list, and only an empty
    answer is right.

    Args:
        name: Always ``token_f1``.

    Source: P. Rajpurkar et al., "SQuAD" (2016) and "Know what you don't know" (2018).
    """

    takes = frozenset({"text"})
    reads = staticmethod(right_answers)

    name: Literal["token_f1"]

    def measure(self, answer: Any, target: Any) -> Measured:
        """Compare with each right text, and take the best."""
        given = as_squad(text_of(answer)).split()
        right = right_answers(target)
        return {"value": max(_f1(given, as_squad(text).split()) for text in right)}


def _f1(given: list[str], wanted: list[str]) -> float:
    if not given or not wanted:
        return float(given == wanted)
    shared = (Counter(given) & Counter(wanted)).total()
    return 2 * shared / (len(given) + len(wanted))
