"""What an earlier run of a point left that still holds, so that it need not be done again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from runner.files.states import states_of
from runner.recipe.composing.composed import Composed
from runner.records import RunRecord, read_record
from runner.work.keys import LOG, PROVE, SAVE, keys_of, log_key
from runner.work.workplace import clear

MODEL = "model"
"""The folder of a model, in that of its point."""
_DATABASE = "sqlite:///"
_FIELDS = {
    SAVE: ("model", "model_bytes", "weights", "requirements", "files", "checksums"),
    PROVE: ("views", "source_view", "checks", "metrics"),
    LOG: ("tracking",),
}
"""What the record has from each step that can be kept."""


@dataclass(frozen=True)
class Kept:
    """What an earlier run left.

    Args:
        folder: Folder of the point.
        keys: The keys of the point's steps now.
        record: Its record; None where nothing is to be taken from it.
    """

    folder: Path
    keys: Mapping[str, str]
    record: RunRecord | None

    def holds(self, step: str) -> bool:
        """Say whether what a step gave is there, and would come out the same.

        Of the log that is known once all before it is done: until then, that it may.

        Args:
            step: ``save``, ``prove``, ``evaluate`` or ``log``.
        """
        record, key = self.record, self.keys[step]
        if record is None or not key or not record.keys.get(step, "").startswith(key):
            return False
        match step:
            case "save":
                model = self.folder / MODEL
                return record.model == str(model) and states_of(model) == record.files
            case "prove":
                return not record.failed_checks
            case "log":
                return record.tracking is None or _is_there(record.tracking.uri)
            case _:
                return True

    @property
    def everything(self) -> bool:
        """Whether nothing is left to be done."""
        record = self.record
        if record is None or record.failure or not record.verdict.stands:
            return False
        there = all(Path(file).is_file() for file in record.reports)
        return there and all(self.holds(step) for step in self.keys)

    def to_be_logged(self, record: RunRecord) -> "Kept":
        """Give it with the whole key of what is to be logged.

        Args:
            record: The record of all steps before.
        """
        return replace(self, keys={**self.keys, LOG: log_key(self.keys, record)})

    def carry_into(self, record: RunRecord) -> None:
        """Give a record what still holds, so that it is not lost when the run is killed.

        Args:
            record: The record of the run that begins.
        """
        for step, fields in _FIELDS.items():
            if self.record is not None and self.holds(step):
                for name in fields:
                    setattr(record, name, getattr(self.record, name))
                record.keys[step] = self.record.keys[step]


def _is_there(uri: str) -> bool:
    """Say whether a tracking store is still there, as far as one look tells."""
    file = uri.removeprefix(_DATABASE)
    return file == uri or Path(file).is_file()


def kept_of(composed: Composed, folder: Path, *, anew: bool = False) -> Kept:
    """Look at what an earlier run of a point left.

    Args:
        composed: The composed recipe.
        folder: Folder of the point, absolute.
        anew: Whether nothing is to be taken from it.
    """
    return Kept(folder, keys_of(composed), None if anew else read_record(folder))


def finished(composed: Composed, folder: Path) -> RunRecord | None:
    """Give the record of a point that need not be run again; None for any other.

    What a run left that was killed as it was done goes. No weights are opened, and neither torch
    nor mlflow is imported.

    Args:
        composed: The composed recipe.
        folder: Folder of the point.
    """
    folder = folder.absolute()
    record = read_record(folder)
    if record is None or record.failure or not record.verdict.stands:
        return None
    kept = Kept(folder, keys_of(composed), record)
    if not kept.everything:
        return None
    clear(folder, composed.settings.tracking.uri)
    return record
