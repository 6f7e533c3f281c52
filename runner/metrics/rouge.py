"""rouge1, rouge2, rougeL and rougeLsum: how much of a summary is in the right one."""

import re
import sys
from contextlib import redirect_stderr
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
    reads = staticmethod(right_texts)
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
    scorer = import_rouge()
    tokenizer = scorer.tokenizers.DefaultTokenizer(stem) if tokens == "ascii" else _Unicode(stem)
    return scorer.RougeScorer([name], tokenizer=tokenizer), tokenizer.tokenize


def import_rouge() -> Any:
    """Import rouge-score, and have it leave the process's streams alone.

    It brings absl, whose log handler keeps the stderr that it meets. Wherever logging is then
    configured, that handler closes its stream, unless it is stderr at that moment or the one that
    the process began with. The latter is what it meets here: a notebook or a test whose stderr
    stood there would lose it.

    Returns:
        The module ``rouge_score.rouge_scorer``.

    Source: ``absl.logging.PythonHandler.close``.
    """
    with redirect_stderr(sys.__stderr__):
        from rouge_score import rouge_scorer
    return rouge_scorer
