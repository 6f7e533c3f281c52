"""Hostile inputs of every kind, counted: ``make hostile`` writes the table of docs/security.md."""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.hostile.counting import Count, Desk

_REQUESTS = 30
"""The share of requests, as kinds have one."""


def main() -> int:
    """Read the command line, meet the inputs, and write what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "file", type=Path, help="of the results; kinds that it has are not met again"
    )
    parser.add_argument("--count", type=int, default=2700, help="of commands over all kinds")
    parser.add_argument("--kinds", default="", help="with semicolons between them; else all")
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = json.loads(asked.file.read_text()) if asked.file.exists() else []
    done, only = {row["kind"] for row in rows}, {*asked.kinds.split(";")} - {""}
    for row in counted(asked.count, lambda name: name not in done and (not only or name in only)):
        rows.append(row)
        text = json.dumps(rows, indent=1, ensure_ascii=False)
        asked.file.write_text(f"{text}\n", encoding="utf-8")
    wrong = sum(len(row[what]) for row in rows for what in ("executed", "defects", "slow"))
    sys.stderr.write(f"{sum(row['inputs'] for row in rows)} inputs, {wrong} went wrong\n")
    return 1 if wrong else 0


@contextmanager
def opened(home: Path) -> "Generator[Desk]":
    """Open a desk; this process is its own from then on.

    Args:
        home: Folder for all there is; it goes at the end.
    """
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ["TMPDIR"], tempfile.tempdir = str(home / "tmp"), None
    (home / "tmp").mkdir(parents=True)
    from tests.faults.machine import import_all
    from tests.hostile.counting import desk

    import_all()
    try:
        yield desk(home)
    finally:
        shutil.rmtree(home)


def counted(many: int, is_asked: Callable[[str], bool]) -> Iterator[dict[str, Any]]:
    """Have so many commands meet inputs, each kind in a process of its own.

    Args:
        many: How many.
        is_asked: Says of a kind whether it is to be met.

    Yields:
        What became of each kind.
    """
    with opened(Path(tempfile.mkdtemp(prefix="hostile-"))) as desk:
        from tests.faults.processes import apart
        from tests.hostile.cases import KINDS
        from tests.hostile.requesting import NAME, count_requests

        works: list[tuple[str, int, Callable[[Desk, int], Count]]] = [
            (kind.name, kind.share, lambda at, n, kind=kind: at.count(kind, n)) for kind in KINDS
        ]
        works.append((NAME, _REQUESTS, count_requests))
        total = sum(share for _, share, _ in works)
        for name, share, work in works:
            if is_asked(name):
                n = max(1, -(-many * share // total))
                row = apart(lambda work=work, n=n: asdict(work(desk, n)))
                sys.stderr.write(f"{name}: {row['inputs']}, {row['codes']}\n")
                yield row


if __name__ == "__main__":
    sys.exit(main())
