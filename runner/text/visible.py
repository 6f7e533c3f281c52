"""Characters that a terminal, a log or a page would act on, made visible: the one place."""

import json
import re
import unicodedata
from functools import cache

_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb"
    "\ud800-\udfff]"
)
"""Control characters of C0 and C1, marks of direction, line separators, halves of pairs."""
_BREAKS = re.compile("[\n\r\t]")
_COMMAND = re.compile(r"^([^\S\n]*):(?=:)|#(?=#\[)", re.M)
"""What a runner of GitHub takes for a command: ``::error`` where a line begins, ``##[error]``."""


_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Categories of Unicode: controls, formats, surrogates, private ones, separators."""


def visible(text: str) -> str:
    """Give a text of some lines with the codes of what would act instead of being read.

    Args:
        text: Any text; line breaks and tabs stay.
    """
    shown = text if text.isprintable() else _ACTING.sub(_code, text)
    return _COMMAND.sub(_defused, shown) if "::" in shown or "##[" in shown else shown


def on_a_line(text: str) -> str:
    """Give a text as one line, with its line breaks as codes too.

    Args:
        text: Any text.
    """
    return visible(text if text.isprintable() else _BREAKS.sub(_code, text))


def in_json(document: str) -> str:
    """Give a JSON document that means the same, with what would act escaped as JSON does.

    Args:
        document: The document, as ``json.dumps`` writes it.
    """
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def unhidden(text: str) -> str:
    """Give a text with the codes of all that is not seen, for a page that strangers may write on.

    Joiners and other marks that languages need, and that hide things as well, are among it.

    Args:
        text: Any text; line breaks stay.
    """
    if text.isprintable():
        return text
    return "".join(
        sign if sign == "\n" or unicodedata.category(sign) not in _UNSEEN else _coded(sign)
        for sign in text
    )


@cache
def _coded(sign: str) -> str:
    return json.dumps(sign)[1:-1]


def _defused(found: "re.Match[str]") -> str:
    return f"{found[1] or ''}\\x{ord(found[0][-1]):02x}"


def _code(found: "re.Match[str]") -> str:
    match found[0]:
        case "\n":
            return "\\n"
        case "\r":
            return "\\r"
        case "\t":
            return "\\t"
        case other:
            number = ord(other)
            return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
