"""Pages of docs/ whose tables the tests write."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path

_LONGEST = 140


def hold_tables(page: Path, tables: Mapping[str, str]) -> None:
    """Hold a page to what the tests found; with ``UPDATE_DOCS=1``, write it.

    Args:
        page: The page.
        tables: Text by name; it stands between ``<!-- name -->`` and ``<!-- /name -->``.
    """
    there = wanted = page.read_text(encoding="utf-8")
    for name, text in tables.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        wanted, count = re.subn(
            pattern, lambda m, text=text: m[1] + text + m[2], wanted, flags=re.DOTALL
        )
        assert count == 1, f"{page.name} has no place for {name}"
    if os.environ.get("UPDATE_DOCS"):
        page.write_text(wanted, encoding="utf-8")
        return
    other = list(unified_diff(there.splitlines(), wanted.splitlines(), n=0, lineterm=""))
    assert not other, "\n".join(("UPDATE_DOCS=1 writes the tables:", *other))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown; long cells are cut."""
    top, *below = (f"| {' | '.join(map(_cell, line))} |\n" for line in (header, *rows))
    return top + "|---" * len(header) + "|\n" + "".join(below)


def _cell(text: str) -> str:
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return short.replace("|", "\\|")
