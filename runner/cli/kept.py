"""Runs that lie in output folders, as people and programs read of them."""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from runner.kept.listing import StoredRun
from runner.store.garbage import Unused
from runner.text.visible import on_a_line
from runner.text.wording import size

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def print_runs(console: Console, runs: Iterable[StoredRun], now: datetime) -> None:
    """Print runs, a line each.

    Args:
        console: Where to.
        runs: The runs.
        now: The time.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("recipe", "point", "age", "size", "verdict", "MLflow run", "folder"):
        table.add_column(column, overflow="fold")
    for run in runs:
        table.add_row(*(escape(text) for text in _cells(run, now)))
    console.print(table)


def run_line(run: StoredRun, now: datetime) -> str:
    """Give a run in a line.

    Args:
        run: The run.
        now: The time.
    """
    tracked = f", MLflow run {run.record.tracking.run_id}" if run.record.tracking else ""
    return f"{run.folder} ({run.status}, {told_age(run.age(now))}, {size(run.bytes)}{tracked})"


def unused_line(entry: Unused) -> str:
    """Give what nothing uses in a store in a line.

    Args:
        entry: The folder.
    """
    return f"{entry.path}, {entry.what} ({size(entry.bytes)})"


def tell_unreadable(files: Iterable[str]) -> None:
    """Say on stderr which records cannot be read.

    Args:
        files: The records.
    """
    sys.stderr.writelines(f"cannot be read: {on_a_line(file)}\n" for file in files)


def told_age(age: timedelta) -> str:
    """Give an age: ``3 d``, ``5 h``.

    Args:
        age: How long ago.
    """
    seconds = int(age.total_seconds())
    return next((f"{seconds // n} {unit}" for n, unit in _UNITS if seconds >= n), f"{seconds} s")


def run_document(run: StoredRun, now: datetime) -> dict[str, Any]:
    """Give a run as plain values.

    Args:
        run: The run.
        now: The time.
    """
    tracked = run.record.tracking
    return {
        "recipe": run.record.recipe,
        "point": run.record.point,
        "started": run.record.started,
        "age_seconds": int(run.age(now).total_seconds()),
        "bytes": run.bytes,
        "verdict": run.status,
        "run_id": tracked.run_id if tracked else "",
        "promoted": run.promoted,
        "folder": str(run.folder),
    }


def _cells(run: StoredRun, now: datetime) -> Iterator[str]:
    record = run.record
    yield record.recipe
    yield record.point
    yield told_age(run.age(now))
    yield size(run.bytes)
    yield run.status + (f", promoted as {run.promoted}" if run.promoted else "")
    yield record.tracking.run_id if record.tracking else ""
    yield str(run.folder)
