"""Entries of the journal: what a step adds to the record of a run, and takes from an older one."""

from collections.abc import Mapping
from pathlib import Path

from runner import __version__
from runner.evaluated import EvaluationRecord
from runner.evaluation.inputs import inputs_of
from runner.evaluation.proof import Proof
from runner.files.states import states_of
from runner.machine.libraries import versions
from runner.packaging.blueprint import Blueprint
from runner.packaging.remote_code import code_of
from runner.packaging.save import Saved
from runner.recipe.composing.composed import Composed
from runner.records import RunRecord, SourceRecord, TrackingRecord, Verdict
from runner.sources import Checkpoint
from runner.text.wording import counted
from runner.work.journal import KEPT, Entry


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
        digest=composed.digest,
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


def of_saved(saved: Saved, weights: str) -> Entry:
    """Say what was written.

    Args:
        saved: The saved model.
        weights: Key of its weights in the store; empty where they are not there.
    """
    fields = {
        "model": str(saved.path),
        "model_bytes": saved.bytes,
        "requirements": saved.requirements,
        "weights": weights,
        "files": states_of(saved.path),
    }
    return Entry(saved.how, saved.written, fields)


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


def saved_before(record: RunRecord) -> Saved:
    """Give the saved model of an earlier run, which is there.

    Args:
        record: The record, with what it left.
    """
    return Saved(Path(record.model), record.model_bytes, 0, KEPT, record.requirements, {})


def proven_before(record: RunRecord) -> Proof:
    """Give the proof of an earlier run.

    Args:
        record: The record, with what it found.
    """
    return Proof(record.views, record.source_view, record.checks, record.metrics)


def tracked_before(record: RunRecord) -> TrackingRecord:
    """Say where an earlier run was logged.

    Args:
        record: The record, with what it left.
    """
    if record.tracking is None:
        raise ValueError(f"{record.recipe} {record.point} was not logged")
    return record.tracking
