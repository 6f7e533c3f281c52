"""The record of a run: every step adds to it, everything else reads it."""

import resource
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runner.evaluated import EvaluationRecord
from runner.evaluated import Verdict as Verdict
from runner.files.disk import write_whole
from runner.files.states import State
from runner.text.secrets import masked
from runner.text.visible import in_json

_LARGEST = 2**26
"""Bytes of a record; what is larger was never one."""
RECORD_FILE = "record.json"


class Outcome(StrEnum):
    """What one check of the proof said.

    A ``limitation`` is a check that MLflow's own inference code is documented not to meet for the
    task: it is reported, and does not fail the model. ``skipped`` is one that could not be made:
    its message says why.
    """

    PASSED = "passed"
    FAILED = "failed"
    LIMITATION = "limitation"
    SKIPPED = "skipped"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)


class Step(_Part):
    """One step of a run.

    Args:
        name: ``resolve``, ``load``, ``sign``, ``save``, ``checksum``, ``prove``, ``evaluate``,
            ``report``, ``attest`` or ``log``.
        seconds: Wall time.
        bytes: Bytes fetched or written by the step, where it does either.
        detail: One phrase on how it was done, such as ``copied, not loaded``.
        peak_memory: Highest resident memory of the process so far at its end, in bytes.
    """

    name: str
    seconds: float = 0.0
    bytes: int = 0
    detail: str = ""
    peak_memory: int = 0


class SourceRecord(_Part):
    """Where a part really came from.

    Args:
        kind: Kind of source.
        name: The source as people name it.
        commit: Commit hash, for sources that have one.
        license: Licence identifier, where declared.
        code: SHA-256 of the code files that came with it and are trusted, by name.
    """

    kind: str
    name: str
    commit: str = ""
    license: str = ""
    code: dict[str, str] = Field(default_factory=dict)


class CheckRecord(_Part):
    """One check of the proof.

    Args:
        name: ``rows``, ``columns``, ``types``, ``params``, ``source``, ``expect[0]`` …
        view: ``native``, ``pyfunc``, ``server``, ``isolated`` or ``source``.
        outcome: Passed, failed, skipped, or a limitation of MLflow's own inference code.
        message: What was found, in one sentence.
    """

    name: str
    view: str
    outcome: Outcome
    message: str

    @property
    def told(self) -> str:
        """What it is called, and what was found, in a line."""
        called = self.name if self.name == self.view else f"{self.view} {self.name}"
        return f"{called}: {self.message}"


class ViewRecord(_Part):
    """What one view of the model gave.

    Args:
        view: ``native``, ``pyfunc``, ``server``, ``isolated`` or ``source``.
        load_seconds: Time to load it.
        predict_seconds: Time for the evaluation inputs.
        outputs: One output for each input, as JSON; long ones shortened.
    """

    view: str
    load_seconds: float
    predict_seconds: float
    outputs: list[Any] = Field(default_factory=list)


class Failure(_Part):
    """What ended a run early.

    Args:
        step: The step that failed.
        code: Stable error code.
        message: What happened.
        remedy: What to do.
    """

    step: str
    code: str
    message: str
    remedy: str = ""


class TrackingRecord(_Part):
    """Where the run is to be found in MLflow.

    Args:
        uri: Tracking URI, without credentials.
        run_id: MLflow run.
        model_id: Logged model.
        model_uri: URI that ``mlflow.pyfunc.load_model`` takes.
        storage: How the weights came to the store: ``reflink``, ``hardlink``, ``copy``, ``upload``.
        registered: Registered model name and version, where the recipe asks for one.
    """

    uri: str
    run_id: str
    model_id: str
    model_uri: str
    storage: str
    registered: str = ""


class RunRecord(_Part):
    """What a run did.

    Args:
        recipe: Recipe name.
        task: Its task.
        point: Name of the point, from the overrides; ``default`` without any.
        overrides: Overrides as typed.
        digest: SHA-256 of the validated recipe.
        started: Start, UTC, ISO 8601.
        model: Path of the model folder; empty until it is saved.
        model_bytes: Size of the model folder.
        checksums: SHA-256 of each file of the model folder, by its path in it.
        weights: Key of its weights in the store of the output folder, where they are there.
        dtype: dtype of the weights as written.
        parameters: Number of the model's parameters.
        weight_bytes: Size of the weights in that dtype.
        vectors: What the checkpoint declares of its vectors, in words; empty where none matters.
        sources: Where each part came from.
        files: Size of each of its files in bytes, and when it was changed, in nanoseconds.
        keys: Digest of what each step depends on that is done and may be kept.
        signature: The model's signature: ``inputs``, ``outputs``, ``params``.
        requirements: Requirement lines stored in the model.
        notes: What whoever packages the model should know of it, a sentence each.
        inputs: The inputs of the proof, as the model takes them.
        steps: The steps, in order.
        views: What each view gave.
        source_view: What the source gave, before it was packaged, where it was asked.
        checks: The proof, check by check.
        metrics: Numbers the proof measured.
        evaluation: What the evaluation on data found.
        verdict: What the proof and the gates said.
        reports: Files of the report on it, for people.
        tracking: Where the run is in MLflow.
        versions: Versions of Python and the packages that matter.
        failure: What ended the run early.
    """

    recipe: str
    task: str = ""
    point: str
    overrides: list[str] = Field(default_factory=list)
    digest: str
    started: str = Field(default_factory=lambda: datetime.now(UTC).isoformat("T", "milliseconds"))
    model: str = ""
    model_bytes: int = 0
    checksums: dict[str, str] = Field(default_factory=dict[str, str])
    weights: str = ""
    dtype: str = ""
    parameters: int = 0
    weight_bytes: int = 0
    vectors: str = ""
    sources: dict[str, SourceRecord] = Field(default_factory=dict[str, SourceRecord])
    files: dict[str, State] = Field(default_factory=dict)
    keys: dict[str, str] = Field(default_factory=dict)
    signature: dict[str, Any] = Field(default_factory=dict)
    requirements: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    inputs: list[Any] = Field(default_factory=list)
    steps: list[Step] = Field(default_factory=list[Step])
    views: list[ViewRecord] = Field(default_factory=list[ViewRecord])
    source_view: ViewRecord | None = None
    checks: list[CheckRecord] = Field(default_factory=list[CheckRecord])
    metrics: dict[str, float] = Field(default_factory=dict)
    evaluation: EvaluationRecord | None = None
    verdict: Verdict = Verdict.UNPROVEN
    reports: list[str] = Field(default_factory=list)
    tracking: TrackingRecord | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    failure: Failure | None = None

    @property
    def failed_checks(self) -> list[CheckRecord]:
        """The checks that failed the model."""
        return [check for check in self.checks if check.outcome is Outcome.FAILED]

    @property
    def skipped_checks(self) -> list[CheckRecord]:
        """The checks that could not be made."""
        return [check for check in self.checks if check.outcome is Outcome.SKIPPED]

    def as_text(self) -> str:
        """Give the record as it is kept: without secrets, and nothing in it that acts."""
        return in_json(masked(self.model_dump_json(indent=2))) + "\n"

    def write(self, folder: Path) -> Path:
        """Write the record to ``folder``, replacing one that is there in one move.

        Args:
            folder: Existing folder of the point.

        Returns:
            The file written.
        """
        target = folder / RECORD_FILE
        write_whole(target, self.as_text())
        return target


def read_record(file: Path | str) -> RunRecord | None:
    """Read a record; nothing where there is none, or one that another version wrote otherwise.

    Args:
        file: The record file, or the folder of the point.
    """
    path = Path(file)
    path = path / RECORD_FILE if path.is_dir() else path
    try:
        if path.stat().st_size > _LARGEST:
            return None
        return RunRecord.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


class Observer(Protocol):
    """Told of a run as it goes; the command line draws it."""

    def step_started(self, name: str) -> None:
        """Be told that a step starts."""
        ...

    def step_finished(self, step: Step) -> None:
        """Be told that a step ended, with its time and size."""
        ...

    def progress(self, what: str, done: int, total: int) -> None:
        """Be told how far a long operation is, in bytes; ``total`` is 0 where unknown."""
        ...


class Silent:
    """An observer that says nothing."""

    def step_started(self, name: str) -> None:
        """Say nothing."""

    def step_finished(self, step: Step) -> None:
        """Say nothing."""

    def progress(self, what: str, done: int, total: int) -> None:
        """Say nothing."""


def peak_memory() -> int:
    """Give the highest resident memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
