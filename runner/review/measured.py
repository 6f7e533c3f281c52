"""Metrics on data, before and after: from locks, from records, or from runs of both sides."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from runner.records import RECORD_FILE, RunRecord, read_record
from runner.review.rules import ABSENT, Change
from runner.review.sides import Version
from runner.text.wording import counted, figure, interval

if TYPE_CHECKING:
    from runner.comparing.against import Difference
    from runner.comparing.runs import Run

OUTS = ("outputs", "multirun")
"""The folders, in the working directory, in which records of both sides are looked for."""
_ALIKE = "metric-within-chance"
_MOVED = "metric-moved"


class Measured(Protocol):
    """A metric with its interval."""

    @property
    def value(self) -> float | None:
        """The metric; None where it is not defined."""
        ...

    @property
    def low(self) -> float | None:
        """Where its interval begins."""
        ...

    @property
    def high(self) -> float | None:
        """Where it ends."""
        ...


def compare_records(
    before: Version, after: Version, outs: Sequence[str | Path] = OUTS
) -> Iterator[Change]:
    """Compare the metrics of the newest run of each side, where both have left one.

    Args:
        before: The version before.
        after: The version after.
        outs: Folders that runs left their records in.
    """
    if before.digest == after.digest or not (before.digest and after.digest):
        return
    newest = [_newest(version, outs) for version in (before, after)]
    if newest[0] and newest[1]:
        yield from compare_runs("records", newest[0], newest[1])


def compare_runs(field: str, was: "Run", now: "Run") -> Iterator[Change]:
    """Compare the metrics of two runs: row by row where both answered the same rows.

    Args:
        field: What to call the runs.
        was: The run before.
        now: The run after.
    """
    from runner.comparing.against import differences
    from runner.comparing.answers import shared_rows

    paired = {found.metric: found for found in differences(now, shared_rows(now, was))}
    for name in dict.fromkeys([*was.scores, *now.scores]):
        old, new = was.scores.get(name), now.scores.get(name)
        if old and new and name in paired:
            yield from _paired(f"{field}.metrics.{name}", old, new, paired[name])
        else:
            yield from moved(f"{field}.metrics.{name}", old, new)


def moved(field: str, was: Measured | None, now: Measured | None) -> Iterator[Change]:
    """Compare a metric of two runs that are not known row by row.

    Args:
        field: What to call it.
        was: The metric before; None where there was none.
        now: The metric after.
    """
    if was is None or now is None:
        yield Change("metric-set", field, _said(was), _said(now))
    elif was.value != now.value:
        effect = "" if was.value is None or now.value is None else f"{now.value - was.value:+.4g}"
        overlap = "the intervals overlap" if _overlap(was, now) else ""
        yield Change(
            _MOVED, field, _said(was), _said(now), ", ".join(filter(None, [effect, overlap]))
        )


def _paired(field: str, was: Measured, now: Measured, found: "Difference") -> Iterator[Change]:
    if found.effect == 0 and was.value == now.value or found.effect is None:
        return
    p = "" if found.p is None else f", p {found.p:.2g}"
    ends = interval(found.low, found.high)
    detail = f"{found.effect:+.4g} ({ends}){p} on {counted(found.rows, 'row')}"
    rule = _ALIKE if found.verdict == "alike" else _MOVED
    yield Change(rule, field, _said(was), _said(now), detail)


def _said(score: Measured | None) -> object:
    if score is None:
        return ABSENT
    ends = "" if score.low is None and score.high is None else interval(score.low, score.high)
    return f"{figure(score.value)} ({ends})" if ends else figure(score.value)


def _overlap(was: Measured, now: Measured) -> bool:
    ends = (was.low, was.high, now.low, now.high)
    if any(end is None for end in ends):
        return False
    low, high, other_low, other_high = (end or 0.0 for end in ends)
    return low <= other_high and other_low <= high


def _newest(version: Version, outs: Iterable[str | Path]) -> "Run | None":
    """Give the newest run of a version that ended."""
    found: list[tuple[str, Path, RunRecord]] = []
    for out in outs:
        for file in sorted(Path(out, version.name).glob(f"*/{RECORD_FILE}")):
            record = read_record(file)
            if record and not record.failure and record.digest == version.digest:
                found.append((record.started, file.parent, record))
    if not found:
        return None
    from runner.comparing.runs import run_in

    _, folder, record = max(found, key=lambda one: one[:2])
    return run_in(folder, record)
