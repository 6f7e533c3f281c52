"""bleu, chrf and ter: a translation beside right ones."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from runner.metrics.answers import right_texts, text_of
from runner.metrics.base import Additive, Measured

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

Tokenizer = Literal["13a", "intl", "char", "zh", "none"]

_NEEDS = {"sacrebleu": "sacrebleu"}
_ORDERS = (1, 2, 3, 4)
_CHARACTERS = range(1, 7)
_SIDES = ("answer", "target", "shared")


class Bleu(Additive, frozen=True):
    """BLEU of the whole corpus, 0 to 100: n-grams of up to four words that are in a right text.

    Orders without a match are smoothed as sacreBLEU does by default (``exp``).

    Args:
        name: Always ``bleu``.
        tokenize: sacreBLEU's tokenizer; ``zh`` for Chinese, ``char`` for scripts without spaces.
        lowercase: Whether case makes no difference.

    Source: K. Papineni et al., "BLEU" (2002); M. Post, "A call for clarity in reporting BLEU
        scores" (2018): signature ``case:mixed|eff:no|tok:13a|smooth:exp``.
    """

    takes = frozenset({"text"})
    reads = staticmethod(right_texts)
    needs = _NEEDS
    bounds = (0.0, 100.0)
    undefined = "there are no rows, or no words in any target"

    name: Literal["bleu"]
    tokenize: Tokenizer = "13a"
    lowercase: bool = False

    def measure(self, answer: Any, target: Any) -> Measured:
        """Count n-grams and those that are right."""
        scored = _bleu(self.tokenize, self.lowercase).sentence_score(
            text_of(answer), right_texts(target)
        )
        counted = {f"right.{n}": scored.counts[n - 1] for n in _ORDERS}
        return {
            **counted,
            **{f"all.{n}": scored.totals[n - 1] for n in _ORDERS},
            "answer": scored.sys_len,
            "target": scored.ref_len,
        }

    def value(self, sums: Mapping[str, "Numbers"]) -> "Numbers":
        """Multiply the mean precision with the penalty for being short."""
        import numpy as np

        smoothing, logarithms = np.ones_like(sums["rows"]), np.zeros_like(sums["rows"])
        for n in _ORDERS:
            right, counted = sums[f"right.{n}"], sums[f"all.{n}"]
            smoothing = np.where((right == 0) & (counted > 0), smoothing * 2, smoothing)
            logarithms += np.log(np.where(right > 0, right, 1 / smoothing) / counted)
        brevity = np.minimum(1 - sums["target"] / sums["answer"], 0)
        score = 100 * np.exp(brevity + logarithms / len(_ORDERS))
        nothing = (sums["all.4"] == 0) | (sums["right.1"] == 0)
        return np.where(sums["target"] > 0, np.where(nothing, 0.0, score), np.nan)


@cache
def _bleu(tokenize: Tokenizer, lowercase: bool) -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(tokenize=tokenize, lowercase=lowercase, effective_order=True)


class Chrf(Additive, frozen=True):
    """chrF of the whole corpus, 0 to 100: character n-grams that answer and target share.

    Recall counts twice as much as precision; white space does not count; of several targets the
    best of each row does.

    Args:
        name: Always ``chrf``.
        lowercase: Whether case makes no difference.

    Source: M. Popović, "chrF: character n-gram F-score for automatic MT evaluation" (2015); as in
        sacreBLEU, ``nc:6|nw:0|space:no``.
    """

    takes = frozenset({"text"})
    reads = staticmethod(right_texts)
    bounds = (0.0, 100.0)
    undefined = "there are no rows, or no characters in any target"

    name: Literal["chrf"]
    lowercase: bool = False

    def measure(self, answer: Any, target: Any) -> Measured:
        """Count n-grams of both, and those that they share."""
        given = self._n_grams(text_of(answer))
        counted = [_counts(given, self._n_grams(text)) for text in right_texts(target)]
        return max(counted, key=_chrf)

    def value(self, sums: Mapping[str, "Numbers"]) -> "Numbers":
        """Give the F-score of mean precision and mean recall."""
        import numpy as np

        there = sum(sums[f"target.{n}"] for n in _CHARACTERS) > 0
        return np.where(there, _vectors(sums), np.nan)

    def _n_grams(self, text: str) -> list[Counter[str]]:
        joined = "".join((text.lower() if self.lowercase else text).split())
        return [
            Counter(joined[start : start + n] for start in range(len(joined) - n + 1))
            for n in _CHARACTERS
        ]


def _counts(given: list[Counter[str]], wanted: list[Counter[str]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for n, one, other in zip(_CHARACTERS, given, wanted, strict=True):
        counts = (one.total() if other else 0, other.total(), (one & other).total())
        found |= {f"{side}.{n}": count for side, count in zip(_SIDES, counts, strict=True)}
    return found


def _chrf(counts: Mapping[str, float]) -> float:
    import numpy as np

    return float(_vectors({name: np.array(count) for name, count in counts.items()}))


def _vectors(sums: Mapping[str, "Numbers"]) -> "Numbers":
    import numpy as np

    given, wanted, shared = (
        np.array([sums[f"{side}.{n}"] for n in _CHARACTERS]) for side in _SIDES
    )
    orders = (given > 0) & (wanted > 0)
    many = np.maximum(orders.sum(axis=0), 1)
    precision = np.where(orders, shared / np.maximum(given, 1), 0).sum(axis=0) / many
    recall = np.where(orders, shared / np.maximum(wanted, 1), 0).sum(axis=0) / many
    below = 4 * precision + recall
    return np.where(below > 0, 500 * precision * recall / np.where(below > 0, below, 1), 0.0)


class Ter(Additive, frozen=True):
    """The translation edit rate of the whole corpus, in percent: edits and shifts of phrases.

    Edits to the nearest target, divided by the mean length of the targets.

    Args:
        name: Always ``ter``.
        case_sensitive: Whether case makes a difference.

    Source: M. Snover et al., "A study of translation edit rate with targeted human annotation"
        (2006); as in sacreBLEU, ``case:lc|tok:tercom|norm:no|punct:yes``.
    """

    takes = frozenset({"text"})
    reads = staticmethod(right_texts)
    needs = _NEEDS
    higher_is_better = False
    bounds = (0.0, 100.0)
    undefined = "there are no rows, or no words in any target"

    name: Literal["ter"]
    case_sensitive: bool = False

    def measure(self, answer: Any, target: Any) -> Measured:
        """Count edits and words."""
        scored = _ter(self.case_sensitive).sentence_score(text_of(answer), right_texts(target))
        return {"edits": scored.num_edits, "words": scored.ref_length}

    def value(self, sums: Mapping[str, "Numbers"]) -> "Numbers":
        """Divide edits by words."""
        import numpy as np

        return np.where(sums["words"] > 0, 100 * sums["edits"] / sums["words"], np.nan)


@cache
def _ter(case_sensitive: bool) -> Any:
    from sacrebleu.metrics.ter import TER

    return TER(case_sensitive=case_sensitive)
