"""What was measured, kept from one call to the next: an entry again takes the place of its last."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.report import Ratio

FILE = Path(__file__).parent / "results.json"


@dataclass(frozen=True)
class Repeated:
    """One line of the page: a ratio, measured several times.

    Args:
        runs: What each repetition gave; at least one.
    """

    runs: tuple[Ratio, ...]

    @property
    def ratios(self) -> list[float]:
        """The ratio of each repetition, the least first."""
        return sorted(run.ratio for run in self.runs)

    @property
    def middle(self) -> Ratio:
        """The repetition in the middle, of two the worse: what is held to the budget."""
        ordered = sorted(self.runs, key=lambda run: run.ratio, reverse=self.runs[0].more)
        return ordered[len(ordered) // 2]

    @property
    def spread(self) -> str:
        """The least, the median and the most of the ratios."""
        low, high = self.ratios[0], self.ratios[-1]
        return f"{low:.2f} / {median(self.ratios):.2f} / {high:.2f}"

    @property
    def is_over(self) -> bool:
        """Whether it has a budget, and misses it."""
        return self.middle.verdict == "OVER"


Results = dict[str, list[Repeated]]
"""The lines of each entry, by its name."""


def repeated(times: Sequence[Sequence[Ratio]]) -> list[Repeated]:
    """Put the same line of several repetitions together.

    Args:
        times: The lines of each repetition; a line is known by what it measures.
    """
    lines: dict[str, list[Ratio]] = {}
    for ratios in times:
        for ratio in ratios:
            lines.setdefault(ratio.what, []).append(ratio)
    return [Repeated(tuple(runs)) for runs in lines.values()]


def read(file: Path = FILE) -> Results:
    """Read what was measured before; nothing where there is none."""
    if not file.is_file():
        return {}
    kept = json.loads(file.read_text(encoding="utf-8"))
    return {
        name: [Repeated(tuple(Ratio(**run) for run in runs)) for runs in lines]
        for name, lines in kept.items()
    }


def write(results: Results, file: Path = FILE) -> None:
    """Keep what was measured.

    Args:
        results: All of it.
        file: Where.
    """
    kept = {
        name: [[asdict(run) for run in line.runs] for line in lines]
        for name, lines in results.items()
    }
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
