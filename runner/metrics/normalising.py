"""Texts made alike before they are compared: what does not count as a difference."""

import re
import string
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

SpeechForm = Literal["none", "basic", "whisper"]

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def as_squad(text: str) -> str:
    """Give a text as the SQuAD script compares it.

    In lower case, without ASCII punctuation, without the articles a, an and the, and with single
    spaces.

    Source: P. Rajpurkar et al., the evaluation scripts of SQuAD 1.1 and 2.0.
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def as_spoken(text: str, form: SpeechForm) -> str:
    """Give a transcript as it is compared, with single spaces.

    Args:
        text: The transcript.
        form: ``none`` as it is; ``basic`` in lower case, without punctuation and what stands in
            brackets, for any language; ``whisper`` as Whisper's English normaliser has it:
            contractions and numbers written out one way, filler words left out.

    Source: A. Radford et al., "Robust speech recognition via large-scale weak supervision"
        (2022), appendix C, as transformers has it. British and American spelling stay apart: the
        list that joins them belongs to a checkpoint.
    """
    return " ".join(_normaliser(form)(text).split())


@cache
def _normaliser(form: SpeechForm) -> "Callable[[str], str]":
    if form == "none":
        return str
    from runner.upstream.transformers_api import basic_normalizer, english_normalizer

    return english_normalizer() if form == "whisper" else basic_normalizer()
