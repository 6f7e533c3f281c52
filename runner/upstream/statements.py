"""Single statements of a Python source: to parse the whole of a long file takes a while."""

import ast
import re

NEXT = {
    indent: re.compile(rf"^{indent}[^\s#)\]}}]", re.MULTILINE)  # no comment, no bracket that closes
    for indent in ("", "    ")
}
"""Where the next statement may begin, by the indentation of this one."""


def statement(text: str, start: int, indent: str) -> ast.stmt | None:
    """Parse the statement that begins at a place and ends where it is whole.

    Args:
        text: The source.
        start: Where it begins: at the beginning of a line.
        indent: Its indentation: none, or that of a class's body.

    Returns:
        The statement; nothing where it is never whole.
    """
    ends = [found.start() for found in NEXT[indent].finditer(text, start + len(indent) + 1)]
    for end in (*ends, len(text)):
        try:
            tree = ast.parse(f"{'if True:' if indent else ''}\n{text[start:end]}")
        except SyntaxError:  # it is not whole: in a text of several lines anything may stand
            continue
        first = tree.body[0]
        return first.body[0] if indent and isinstance(first, ast.If) else first
    return None
