"""The journal of a run: the one place that writes its record, from what each step gave."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from runner import __version__
from runner.errors import RunnerError, ending_of, first_line
from runner.evaluated import EvaluationRecord
from runner.evaluation.inputs import inputs_of
from runner.evaluation.proof import Proof
from runner.packaging.blueprint import Blueprint
from runner.packaging.remote_code import code_of
from runner.packaging.requirements import versions
from runner.packaging.save import Saved
from runner.recipe.composing.composed import Composed
from runner.recipe.language.digest import digest
from runner.records import (
    Failure,
    Observer,
    RunRecord,
    SourceRecord,
    Step,
    TrackingRecord,
    Verdict,
    peak_memory,
)
from runner.sources import Checkpoint
from runner.visible import visible
from runner.wording import counted

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
    """

    record: RunRecord
    observer: Observer

    def step(
        self, name: str, work: Callable[[], Given], entry_of: Callable[[Given], Entry]
    ) -> Given:
        """Do a step, and keep what it gave.

        Args:
            name: Name of the step.
            work: The step.
            entry_of: Says what of its result belongs in the record.

        Returns:
            Its result.
        """
        self.observer.step_started(name)
        start = time.perf_counter()
        entry = Entry()
        try:
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
        self.observer.step_finished(step)
        return done


@contextmanager
def keeping(record: RunRecord, folder: Path, observer: Observer) -> Generator[Journal]:
    """Keep the journal of a run, and write its record however the run ends.

    What stands there meanwhile is what a kill leaves: that the run has not ended, and no verdict of
    one before it on a model that may be this one's by then.

    Args:
        record: The record as it starts.
        folder: Folder of the point.
        observer: Told of each step.

    Yields:
        The journal.
    """
    try:
        record.model_copy(update={"failure": _UNFINISHED}).write(folder)
        yield Journal(record, observer)
    except BaseException as error:
        record.failure = _failure(error, record.steps)
        raise
    finally:
        record.write(folder)


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


def begun(composed: Composed, point: str) -> RunRecord:
    """Begin the record of a point.

    Args:
        composed: The composed recipe.
        point: Name of the point.
    """
    recipe = composed.recipe
    return RunRecord(
        recipe=composed.name,
        task=recipe.task,
        point=point,
        overrides=list(composed.overrides),
        digest=digest(recipe),
        inputs=inputs_of(recipe),
        versions={"runner": __version__, **versions()},
    )


def of_sources(checkpoints: Mapping[str, Checkpoint], *, trusted: bool) -> Entry:
    """Say where the parts came from.

    Args:
        checkpoints: Checkpoint of each part.
        trusted: Whether code that comes with them may run.
    """
    sources = {
        name: SourceRecord(
            kind=c.kind,
            name=c.name,
            commit=c.commit,
            license=c.license,
            code=code_of(c.folder) if trusted else {},
        )
        for name, c in checkpoints.items()
    }
    fetched = sum(c.downloaded for c in checkpoints.values())
    return Entry(checkpoints["model"].name, fetched, {"sources": sources})


def of_blueprint(blueprint: Blueprint) -> Entry:
    """Say what the model is."""
    fields = {
        "dtype": blueprint.dtype_name,
        "parameters": blueprint.parameters,
        "weight_bytes": blueprint.bytes,
        "vectors": str(blueprint.sentences or ""),
        "notes": list(blueprint.notes),
    }
    detail = "headers only" if blueprint.weightless else "weights in memory"
    return Entry(detail, fields=fields)


def of_saved(saved: Saved) -> Entry:
    """Say what was written."""
    fields = {
        "model": str(saved.path),
        "model_bytes": saved.bytes,
        "requirements": saved.requirements,
    }
    return Entry(saved.how, saved.bytes, fields)


def of_proof(proof: Proof) -> Entry:
    """Say what the proof found."""
    fields = {
        "views": proof.views,
        "source_view": proof.source_view,
        "checks": proof.checks,
        "metrics": proof.metrics,
        "verdict": proof.verdict,
    }
    held = ", held to the source" if proof.source_view else ""
    return Entry(f"{' and '.join(proof.tried)}{held}", fields=fields)


def of_evaluation(evaluation: EvaluationRecord | None, proven: Verdict) -> Entry:
    """Say what the evaluation on data found.

    Args:
        evaluation: What it found.
        proven: What the proof said; the gates do not make a failed one good.
    """
    if evaluation is None:
        return Entry()
    data = evaluation.data
    rows = counted(data.rows, "row")
    asked = "" if data.inferred == data.rows else f", {data.inferred} of them inferred"
    verdict = proven.with_gates(evaluation)
    return Entry(f"{rows}{asked}", fields={"evaluation": evaluation, "verdict": verdict})


def of_checksums(found: dict[str, str]) -> Entry:
    """Say what the files of the model are."""
    return Entry(counted(len(found), "file"), fields={"checksums": found})


def of_report(files: list[str]) -> Entry:
    """Say where the report is."""
    return Entry(bytes=sum(Path(file).stat().st_size for file in files), fields={"reports": files})


def of_tracking(tracked: TrackingRecord) -> Entry:
    """Say where the run was logged."""
    return Entry(f"model stored by {tracked.storage}", fields={"tracking": tracked})
