"""rouge1, rouge2, rougeL and rougeLsum: how much of a summary is in the right one."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from runner.metrics.answers import right_texts, text_of
from runner.metrics.base import Mean, Measured, MetricError

if TYPE_CHECKING:
    from collections.abc import Callable

RougeName = Literal["rouge1", "rouge2", "rougeL", "rougeLsum"]
Tokens = Literal["ascii", "unicode"]

_WORD = re.compile(r"[㐀-鿿぀-ヿ]|[^\W㐀-鿿぀-ヿ]+")
"""A word, or one character of a script that is written without spaces."""


class Rouge(Mean, frozen=True):
    """The mean F1 of what answer and target share; of several targets the best.

    ``rouge1`` counts words, ``rouge2`` pairs of words, ``rougeL`` the longest common subsequence,
    ``rougeLsum`` that of sentences, one a line of the text. The usual tokens are of a–z and 0–9
    alone: a text in another script has none, which is an error and not a score of 0.

    Args:
        name: Which of them.
        stem: Whether Porter's stemmer cuts English endings.
        tokens: ``ascii`` as usual, or ``unicode`` for words of any script.

    Source: C.-Y. Lin, "ROUGE: a package for automatic evaluation of summaries" (2004), as the
        package rouge-score has it.
    """

    takes = frozenset({"text"})
    needs = {"rouge_score": "rouge-score"}

    name: RougeName
    stem: bool = False
    tokens: Tokens = "ascii"

    def measure(self, answer: Any, target: Any) -> Measured:
        """Compare with each right text, and take the best."""
        scorer, tokenize = _scorer(self.name, self.stem, self.tokens)
        given, right = text_of(answer), right_texts(target)
        for text in right:
            if text.strip() and not tokenize(text):
                raise MetricError(
                    "the target has no word of a–z or 0–9: take `tokens: unicode` for its script"
                )
        return {"value": max(scorer.score(text, given)[self.name].fmeasure for text in right)}


class _Unicode:
    """Words of any script, in lower case."""

    def __init__(self, stem: bool) -> None:
        from nltk.stem.porter import PorterStemmer

        self._stem = PorterStemmer().stem if stem else str

    def tokenize(self, text: str) -> list[str]:
        """Give the words of a text."""
        words = _WORD.findall(text.lower())
        return [self._stem(word) if len(word) > 3 else word for word in words]


@cache
def _scorer(
    name: RougeName, stem: bool, tokens: Tokens
) -> tuple[Any, "Callable[[str], list[str]]"]:
    from rouge_score.rouge_scorer import RougeScorer
    from rouge_score.tokenizers import DefaultTokenizer

    tokenizer = DefaultTokenizer(stem) if tokens == "ascii" else _Unicode(stem)
    return RougeScorer([name], tokenizer=tokenizer), tokenizer.tokenize
