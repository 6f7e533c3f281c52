"""Did you mean …?: the nearest known words to a mistyped one."""

from collections.abc import Iterable
from functools import lru_cache

_MOST = 3


def distance(a: str, b: str) -> int:
    """Count the edits between two words: insert, delete, replace, swap two neighbours.

    Args:
        a: One word.
        b: The other.

    Source: optimal string alignment distance.
    """
    from rapidfuzz.distance import OSA  # a hundredth of a second, and most files have no slip

    return OSA.distance(a, b)


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Give the known words that are fewest edits away, if they are near enough to be meant.

    Args:
        word: What was written.
        known: What may be written.

    Returns:
        The nearest, three at most, in alphabetical order; none where all are far.
    """
    edits = {
        candidate: distance(word.casefold(), folded)
        for candidate, folded in _of_length(frozenset(known), len(word))
    }
    near = {c: n for c, n in edits.items() if n <= _reach(c) and n < min(len(c), len(word))}
    fewest = min(near.values(), default=0)
    return sorted(c for c, n in near.items() if n == fewest)[:_MOST]


@lru_cache(maxsize=512)
def _of_length(known: frozenset[str], length: int) -> list[tuple[str, str]]:
    """Give the words that one of a length may be meant for, and each without its capitals."""
    return [(c, c.casefold()) for c in known if abs(len(c) - length) <= _reach(c)]


def slip(word: object, known: Iterable[str]) -> str | None:
    """Give the one known word that a word is a slip of: a single edit away, and no other near.

    Args:
        word: What was written.
        known: What may be written.
    """
    near = nearest(word, known) if isinstance(word, str) else []
    return near[0] if len(near) == 1 and distance(str(word), near[0]) == 1 else None


def _reach(candidate: str) -> int:
    return max(2, len(candidate) // 3)


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Give "Did you mean `x`?" for a mistyped word, or nothing where none is near.

    Args:
        word: What was written; anything but text has no near words.
        known: What may be written.
    """
    near = nearest(word, known) if isinstance(word, str) else []
    return f"Did you mean {one_of(near)}?" if near else ""


def one_of(words: Iterable[str]) -> str:
    """Join words for a sentence: "`a`, `b` or `c`"."""
    quoted = [f"`{word}`" for word in words]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if quoted[1:] else quoted)
