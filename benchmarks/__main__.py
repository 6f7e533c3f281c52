"""Run every benchmark, or those named: ``python -m benchmarks [tiny_run] [large_save] …``."""

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

ENTRIES = (
    "tiny_run",
    "large_save",
    "cast_save",
    "persist",
    "throughput",
    "sweep",
    "evaluation",
)
RESULTS = Path(__file__).parent / "results.json"


def main(names: list[str]) -> None:
    """Run them, print a table, and keep the figures in ``results.json``."""
    console = Console(width=140)
    ratios = []
    for name in names or ENTRIES:
        console.print(f"{name} …")
        ratios += import_module(f"benchmarks.{name}").run()
    table = Table(box=None)
    for column in ("what", "ours", "against", "ratio", "budget", ""):
        table.add_column(column)
    for ratio in ratios:
        budget = f"{ratio.budget:g}" if ratio.budget is not None else ""
        table.add_row(
            ratio.what, ratio.ours, ratio.theirs, f"{ratio.ratio:.2f}", budget, ratio.verdict
        )
    console.print(table)
    RESULTS.write_text(json.dumps([asdict(ratio) for ratio in ratios], indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
