"""``make check`` and ``make test``, against the minutes that whoever changes the code will wait.

Both run the linters beside the tests, as they do before a commit and in CI. A test that fails ends
the measurement.
"""

from pathlib import Path

from benchmarks.measure import measure
from benchmarks.report import Ratio

MINUTES = {"check": 2.0, "test": 12.0}
_REPOSITORY = Path(__file__).parent.parent


def run() -> list[Ratio]:
    """Measure."""
    return [_ratio(target, minutes) for target, minutes in MINUTES.items()]


def _ratio(target: str, minutes: float) -> Ratio:
    took = measure(["make", target], _REPOSITORY).seconds / 60
    told = f"{minutes:.0f} min"
    return Ratio(f"make {target}", f"{took:.1f} min", told, took / minutes, 1.0)
