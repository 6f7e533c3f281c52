"""Texts of strangers in Markdown: shown as they are, and never taken for Markdown or HTML."""

import re

from runner.text.visible import unhidden

_MOST = 4000


def code(text: str, *, in_table: bool = False) -> str:
    """Give a text as code within a line.

    Args:
        text: Any text.
        in_table: Whether the line is a row of a table, where a bar would end the cell.

    Source: GitHub Flavored Markdown: a code span ends at as many backticks as it began with, and
    a bar in a table is escaped in code too.
    """
    shown = unhidden(text).replace("\n", "⏎").strip() or " "
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    span = f"{fence}{pad}{shown}{pad}{fence}"
    return span.replace("|", "\\|") if in_table else span


def block(text: str, language: str = "") -> str:
    """Give a text as a block of code.

    Args:
        text: Any text; what goes beyond some thousand characters is left out, and said so.
        language: What to colour it as.
    """
    shown = unhidden(text)
    if len(shown) > _MOST:
        shown = f"{shown[:_MOST]}\n… {len(shown) - _MOST} more characters"
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def prose(text: str) -> str:
    """Give a sentence that may hold names of strangers, so that none of it is markup.

    Args:
        text: The sentence; what stands between backticks in it becomes code.
    """
    parts = unhidden(text).replace("\n", " ").split("`")
    if len(parts) % 2 == 0:
        return code(text)
    return "".join(
        code(part) if number % 2 else _MARKUP.sub(r"\\\g<0>", part)
        for number, part in enumerate(parts)
        if part
    )


_MARKUP = re.compile(r"[\\*_{}\[\]<>#|~!&@$]")


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
