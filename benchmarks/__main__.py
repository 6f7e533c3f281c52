"""Measure, and write docs/performance.md: ``python -m benchmarks [NAME …] [--times N]``.

Entries that are named take the place of their last results; all others stay as they were measured.
"""

import argparse
import sys
from importlib import import_module

from benchmarks import page, results
from benchmarks.report import Ratio

ENTRIES = {
    "validate": 3,
    "tiny_run": 3,
    "large_save": 3,
    "cast_save": 3,
    "persist": 2,
    "throughput": 2,
    "sweep": 2,
    "evaluation": 2,
}
"""What is measured, each with how often."""
BY_NAME = {"suite": 1, "soak": 1}
"""What is measured where it is named: it lasts longer than all others together."""
_TIMES = ENTRIES | BY_NAME


def main(argv: list[str]) -> int:
    """Measure, keep the figures, write the page.

    Args:
        argv: The command line.

    Returns:
        1 where a budget is missed and no profile says why, or what was to be measured failed.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(_TIMES)}")
    parser.add_argument("--times", type=int, help="how often each is measured")
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page")
    asked = parser.parse_args(argv)
    if odd := [name for name in asked.names if name not in _TIMES]:
        parser.error(f"{odd[0]} is none of {', '.join(_TIMES)}")
    found = results.read()
    failed: list[str] = []
    for name in [] if asked.page else asked.names or ENTRIES:
        try:
            found[name] = results.repeated(_measured(name, asked.times or _TIMES[name]))
        except RuntimeError as error:  # of what is measured; the others are measured still
            failed.append(f"{name} was not measured: {error}")
        results.write(found)
    unexplained = page.write(found)
    failed += [f"{name} misses a budget: say why in profiles/{name}.md" for name in unexplained]
    for said in failed:
        _say(said)
    return int(bool(failed))


def _measured(name: str, times: int) -> list[list[Ratio]]:
    entry = import_module(f"benchmarks.{name}")
    gathered: list[list[Ratio]] = []
    for number in range(times):
        _say(f"{name}, {number + 1} of {times} …")
        gathered.append(entry.run())
        for ratio in gathered[-1]:
            _say(
                f"  {ratio.what}: {ratio.ours} / {ratio.theirs} = {ratio.ratio:.2f} {ratio.verdict}"
            )
    return gathered


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
