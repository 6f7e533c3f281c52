"""wer and cer: how much of a transcript is wrong."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from runner.metrics.answers import right_texts, text_of
from runner.metrics.base import Additive, Measured
from runner.metrics.normalising import SpeechForm, as_spoken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


class ErrorRate(Additive, frozen=True):
    """Words (``wer``) or characters (``cer``) wrong, missing or too many, by those of the target.

    Of the whole data: the errors of all rows divided by the length of all targets; it is more than
    1 where more is added than there was. Of several targets the nearest counts.

    Args:
        name: ``wer`` or ``cer``.
        normalise: What is made alike first: ``none``, ``basic`` (case, punctuation), ``whisper``
            (English: numbers, contractions and fillers too).

    Source: V. I. Levenshtein (1966); A. C. Morris et al., "From WER and RIL to MER and WIL" (2004).
    """

    takes = frozenset({"text"})
    reads = staticmethod(right_texts)
    higher_is_better = False
    undefined = "no target has a word"

    name: Literal["wer", "cer"]
    normalise: SpeechForm = "none"

    def measure(self, answer: Any, target: Any) -> Measured:
        """Count errors and length."""
        given = self._parts(text_of(answer))
        counted = [_errors(given, self._parts(text)) for text in right_texts(target)]
        return min(counted, key=lambda one: one["errors"] / max(one["length"], 1))

    def value(self, sums: Mapping[str, "Numbers"]) -> "Numbers":
        """Divide errors by length."""
        import numpy as np

        return np.where(sums["length"] > 0, sums["errors"] / sums["length"], np.nan)

    def _parts(self, text: str) -> list[str]:
        spoken = as_spoken(text, self.normalise)
        return spoken.split() if self.name == "wer" else list(spoken)


def _errors(given: list[str], wanted: list[str]) -> dict[str, float]:
    from rapidfuzz.distance import Levenshtein

    return {"errors": Levenshtein.distance(wanted, given), "length": len(wanted)}
