"""Write the table of hostile inputs in docs/security.md: ``make hostile``.

``python docs/generate_hostile.py FILE…`` takes what files say of kinds into ``docs/hostile.json``,
the last word on each; without a file that is read.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SUMMARY = Path(__file__).with_name("hostile.json")
TARGET = SUMMARY.with_name("security.md")
_BEGIN, _END = "<!-- written by docs/generate_hostile.py -->\n", "<!-- to here -->\n"
_HEADS = (
    *("what a stranger wrote", "inputs", "commands", "ended with", "longest", "memory grew by"),
    *("executed", "defects", "over 10 s"),
)


def with_table(text: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Give the page with the table in its place.

    Args:
        text: The page.
        rows: What became of each kind.
    """
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    lines = [f"| {' | '.join(_HEADS)} |", f"|{'---|' * len(_HEADS)}", *map(_line, rows)]
    sums = [sum(row["inputs"] for row in rows), sum(map(_commands, rows))]
    sums += [sum(len(row[what]) for row in rows) for what in ("executed", "defects", "slow")]
    lines.append("| **all** | {:,} | {:,} | | | | {} | {} | {} |".format(*sums))
    return f"{before}{_BEGIN}{chr(10).join(lines)}\n{_END}{after}"


def _line(row: Mapping[str, Any]) -> str:
    codes = ", ".join(f"{code}: {count}" for code, count in sorted(row["codes"].items()))
    wrong = " | ".join(str(len(row[what])) for what in ("executed", "defects", "slow"))
    memory = f"{row['memory'] / 1e6:.0f} MB"
    longest = f"{row['longest']:.1f} s"
    inputs = f"{row['inputs']} | {_commands(row)}"
    return f"| {row['kind']} | {inputs} | {codes} | {longest} | {memory} | {wrong} |"


def _commands(row: Mapping[str, Any]) -> int:
    return sum(row["codes"].values())


def main(files: Sequence[Path]) -> None:
    """Take what files say, the last word on each kind, and write the page."""
    if files:
        told = [SUMMARY, *files] if SUMMARY.exists() else files
        rows = {row["kind"]: row for file in told for row in json.loads(file.read_text("utf-8"))}
        text = json.dumps(list(rows.values()), indent=1, ensure_ascii=False)
        SUMMARY.write_text(f"{text}\n", encoding="utf-8")
    page = with_table(TARGET.read_text("utf-8"), json.loads(SUMMARY.read_text("utf-8")))
    TARGET.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
