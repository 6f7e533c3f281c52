"""``docs/performance.md``: what was measured, how it varied, why a budget is missed."""

import os
import platform
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from benchmarks.results import Repeated, Results

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
PROFILES = Path(__file__).parent / "profiles"
_LIBRARIES = ("mlflow", "transformers", "torch")
_HEAD = """\
# How fast, how much memory, how much disk

Written by `make bench`, which measures everything against plain MLflow scripts on the same machine
in the same run; `python -m benchmarks NAME` measures one entry again and keeps the others. What
counts is the ratio: seconds are those of {machine}, with {libraries}.

An entry is measured several times. A ratio is given as least / median / most, ours and theirs as in
the repetition in the middle, of two the worse; that one is held to the budget. An entry
of `make bench` that is not below was not measured on this machine.
"""


def write(results: Results, page: Path = PAGE) -> list[str]:
    """Write the page.

    Args:
        results: What was measured.
        page: Where.

    Returns:
        Entries that miss a budget without a word on the cause in ``profiles/``.
    """
    missed = {name for name, lines in results.items() if any(line.is_over for line in lines)}
    page.write_text("\n".join(_parts(results, missed)), encoding="utf-8")
    return sorted(name for name in missed if not _profile(name).is_file())


def _parts(results: Results, missed: set[str]) -> Iterator[str]:
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    yield _HEAD.format(machine=_machine(), libraries=libraries)
    yield from _budgets(results)
    for name, lines in results.items():
        yield f"## {name.replace('_', ' ')}\n"
        yield f"{_told(name)}\n"
        yield from _table(lines)
        if name in missed and _profile(name).is_file():
            yield _profile(name).read_text(encoding="utf-8")


def _budgets(results: Results) -> Iterator[str]:
    lines = [line for lines in results.values() for line in lines if line.middle.budget is not None]
    over = [line.middle.what for line in lines if line.is_over]
    kept = f"{len(lines) - len(over)} of {len(lines)} budgets are kept"
    yield f"{kept}; missed: {'; '.join(over)}.\n" if over else f"{kept}.\n"


def _table(lines: list[Repeated]) -> Iterator[str]:
    yield "| what | ours | against | ratio | budget | |\n|---|---|---|---|---|---|"
    for line in lines:
        one = line.middle
        bound = "" if one.budget is None else f"{'≥' if one.more else '≤'} {one.budget:g}"
        cells = (one.what, one.ours, one.theirs, line.spread, bound, one.verdict)
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
    yield ""


def _told(name: str) -> str:
    """Give what an entry says of itself, without its first line's name."""
    return (import_module(f"benchmarks.{name}").__doc__ or "").strip()


def _profile(name: str) -> Path:
    return PROFILES / f"{name}.md"


def _machine() -> str:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores and {memory:.0f} GiB, Python {platform.python_version()}"
