"""Two texts, word by word: what is new in one, and what of the other is gone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_LONGEST = 600
Kind = Literal["same", "new", "gone"]


@dataclass(frozen=True)
class Piece:
    """A part of a text.

    Args:
        text: What it says.
        kind: Whether both texts have it, only this one, or only the other.
    """

    text: str
    kind: Kind = "same"


def pieces(text: str, other: str) -> tuple[Piece, ...]:
    """Give a text in pieces, with what of another it lacks where that stood.

    Args:
        text: The text; what goes beyond some hundred characters is left out.
        other: The text that it is held to.
    """
    ours, theirs = cut(text), cut(other)
    return (Piece(ours),) if ours == theirs else tuple(_differing(ours, theirs))


def cut(text: str) -> str:
    """Cut what is too long to be read beside others.

    Args:
        text: The text.
    """
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _differing(ours: str, theirs: str) -> Iterator[Piece]:
    new, old = _WORD.findall(ours), _WORD.findall(theirs)
    for how, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            yield Piece("".join(new[c:d]))
            continue
        if a < b:
            yield Piece("".join(old[a:b]), "gone")
        if c < d:
            yield Piece("".join(new[c:d]), "new")
