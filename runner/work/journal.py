"""The journal of a run: the one place that writes its record, from what each step gave."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from runner.errors import RunnerError, ending_of, first_line, outliving
from runner.records import Failure, Observer, RunRecord, Step, peak_memory
from runner.text.visible import visible
from runner.work.kept import Kept

KEPT = "kept"
"""How a step was done whose result an earlier run left."""
_AGAIN = "Run it again; a model that is there is not proven."
_UNFINISHED = Failure(
    step="",
    code="unfinished",
    message="The run has not ended, or was killed before it could say how.",
    remedy=_AGAIN,
)
Given = TypeVar("Given")
"""What a step gives."""


@dataclass(frozen=True)
class Entry:
    """What a step adds to the record.

    Args:
        detail: One phrase on how it was done.
        bytes: Bytes fetched or written.
        fields: Fields of the record, by name.
    """

    detail: str = ""
    bytes: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Journal:
    """Times the steps of a run and keeps what they gave.

    Args:
        record: The record so far.
        observer: Told of each step.
        kept: What an earlier run left that still holds.
    """

    record: RunRecord
    observer: Observer
    kept: Kept

    def to_be_logged(self) -> "Journal":
        """Give it as it goes on once all is found that is to be logged."""
        return replace(self, kept=self.kept.to_be_logged(self.record))

    def step(
        self,
        name: str,
        work: Callable[[], Given],
        entry_of: Callable[[Given], Entry],
        before: Callable[[RunRecord], Given] | None = None,
        kept_with: str = "",
    ) -> Given:
        """Do a step, and keep what it gave.

        Args:
            name: Name of the step.
            work: The step.
            entry_of: Says what of its result belongs in the record.
            before: Gives its result out of the record instead, where an earlier run left it and it
                still holds; None for a step that is done each time.
            kept_with: The step with whose key it is kept; itself where empty.

        Returns:
            Its result.
        """
        self.observer.step_started(name)
        start = time.perf_counter()
        entry = Entry()
        try:
            if before is not None and self.kept.holds(kept_with or name):
                done = before(self.record)
                entry = replace(entry_of(done), detail=KEPT, bytes=0)
            else:
                done = work()
                entry = entry_of(done)
        finally:
            seconds = round(time.perf_counter() - start, 4)
            step = Step(
                name=name,
                seconds=seconds,
                bytes=entry.bytes,
                detail=entry.detail,
                peak_memory=peak_memory(),
            )
            self.record.steps.append(step)
        for key, value in entry.fields.items():
            setattr(self.record, key, value)
        if name in self.kept.keys:
            self.record.keys[name] = self.kept.keys[name]
        _write_unfinished(self.record, self.kept.folder)
        self.observer.step_finished(step)
        return done


@contextmanager
def keeping(record: RunRecord, kept: Kept, observer: Observer) -> Generator[Journal]:
    """Keep the journal of a run, and write its record however the run ends.

    What stands there meanwhile is what a kill leaves: that the run has not ended, what its steps
    gave so far, and of one before it only what holds of this one too.

    Args:
        record: The record as it starts.
        kept: What an earlier run left that still holds.
        observer: Told of each step.

    Yields:
        The journal.
    """
    try:
        kept.carry_into(record)
        _write_unfinished(record, kept.folder)
        with outliving():
            yield Journal(record, observer, kept)
    except BaseException as error:
        record.failure = _failure(error, record.steps)
        raise
    finally:
        record.write(kept.folder)


def _write_unfinished(record: RunRecord, folder: Path) -> None:
    record.model_copy(update={"failure": _UNFINISHED}).write(folder)


def _failure(error: BaseException, steps: list[Step]) -> Failure:
    step = steps[-1].name if steps else ""
    match error:
        case RunnerError():
            told = {"message": visible(error.message), "remedy": visible(error.remedy)}
            return Failure(step=step, code=error.code, **told)
        case Exception():
            message = f"{type(error).__name__}: {first_line(error)}"
            return Failure(step=step, code="defect", message=visible(message))
        case _:
            word, signal = ending_of(error)
            return Failure(step=step, code=word, message=signal.name, remedy=_AGAIN)
