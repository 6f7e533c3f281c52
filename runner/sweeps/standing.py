"""How a sweep stands, as the records of its points say it: whoever runs them, and wherever."""

from pathlib import Path

from runner.errors import Exit
from runner.records import RunRecord, read_record
from runner.sweeps.record import Status, SweepPoint, SweepRecord
from runner.work.workplace import is_held

_UNFINISHED = "unfinished"
"""Code of a failure that tells of a run that is at work, or was killed."""


def standing(record: SweepRecord, file: Path) -> SweepRecord:
    """Give the record of a sweep with each point as its own record has it.

    Args:
        record: The record as it was written last.
        file: Its file.
    """
    points = [_as_it_stands(point, file.parent / point.folder) for point in record.points]
    return record.model_copy(update={"points": points})


def _as_it_stands(point: SweepPoint, folder: Path) -> SweepPoint:
    found = read_record(folder)
    if found is None or found.digest != point.digest:
        return point
    return point.model_copy(update=_told(found, folder))


def _told(found: RunRecord, folder: Path) -> dict[str, object]:
    if found.failure is None:
        exit_code = Exit.DONE if found.verdict.stands else Exit.GATE_FAILED
        return {"status": Status.DONE, "exit": exit_code, "error": {}}
    if found.failure.code == _UNFINISHED and is_held(folder):
        return {"status": Status.RUNNING}
    told = found.failure.model_dump(include={"code", "message", "remedy"}, exclude_defaults=True)
    return {"status": Status.after(found.failure.code), "error": told}
