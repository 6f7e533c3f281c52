"""Lock a recipe: what its sources, its model and its environment are, without any weights."""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from runner.locks.check import locked_part, recipe_digest
from runner.locks.drift import Drift, Present, drift
from runner.locks.lock import (
    Lock,
    LockedModel,
    LockedPart,
    LockedResult,
    lock_file_of,
    read_lock,
)
from runner.packaging.outline import Outline, outline
from runner.packaging.requirements import requirements
from runner.packaging.sign import sign
from runner.recipe.composing.composed import Composed
from runner.recipe.language.digest import digest
from runner.records import RECORD_FILE, RunRecord, read_record
from runner.sources import Checkpoint, CheckpointFile, Location, Source, SourceContext, Survey
from runner.sources.base import Progress, no_progress
from runner.sources.checkpoint.folder import insist_on_weights


@dataclass(frozen=True)
class Locked:
    """What locking a recipe did.

    Args:
        file: The lock file.
        lock: The lock, as written.
        written: Whether the file changed.
        moved: What is no longer as the lock before it said; nothing where there was none.
    """

    file: Path
    lock: Lock
    written: bool
    moved: list[Drift]


def lock(
    composed: Composed,
    *,
    upgrade: bool = False,
    outs: Sequence[Path] = (),
    progress: Progress = no_progress,
) -> Locked:
    """Lock a recipe, or refresh its lock.

    Args:
        composed: The recipe, without overrides of the command line.
        upgrade: Whether sources move to where their revisions are now; else a commit that is
            locked stays, as long as the recipe names the same repository and revision.
        outs: Folders that runs left what they made in; the newest that fits gives the result.
        progress: Told of downloads.

    Returns:
        The lock, written beside the recipe.

    Raises:
        RecipeError: The lock that is there cannot be read.
        SourceError: A source cannot be had, or does not fit the recipe.
    """
    file = lock_file_of(composed.file)
    old = read_lock(file)
    with tempfile.TemporaryDirectory() as workdir:
        parts: dict[str, LockedPart] = {}
        checkpoints: dict[str, Checkpoint] = {}
        for source, context in composed.parts(Path(workdir), progress):
            name = context.component
            kept = "" if upgrade or old is None else _kept(source, old.parts.get(name))
            parts[name], checkpoints[name] = _lock_part(source, context, kept)
        found = outline(composed.recipe, checkpoints)
    record = _newest(composed, parts, outs)
    new = Lock(
        lock=1,
        recipe=recipe_digest(composed),
        task=composed.recipe.task,
        parts=parts,
        model=_model(found),
        signature=signature_of(composed, record),
        packages=_packages(composed, found),
        result=_result(record) or _still_true(old, recipe_digest(composed), parts),
    )
    moved = _moved(old, new, composed.name)
    return Locked(file, new, new.write(file), moved)


def _kept(source: Source, old: LockedPart | None) -> str:
    """Give the commit that is locked for the repository and revision the recipe names."""
    named = (source.named, source.wanted_state)
    return old.commit if old and (old.name, old.revision) == named else ""


def _lock_part(
    source: Source, context: SourceContext, commit: str
) -> tuple[LockedPart, Checkpoint]:
    there = source.at(commit) if commit else source
    found = there.locate(context)
    survey = (there.at(found.commit) if found.commit else there).survey(context)
    checkpoint = survey.checkpoint
    if not found.asked:
        insist_on_weights(checkpoint.folder, checkpoint.gguf or None, context.component)
    files = _to_lock(found, survey)
    located = Location(found.name, checkpoint.commit, checkpoint.folder, files)
    return locked_part(source, located, checkpoint.license), checkpoint


def _to_lock(found: Location, survey: Survey) -> tuple[CheckpointFile, ...]:
    """Choose what a run needs of what tells one state of the source from another."""
    if not found.asked:
        return survey.files
    telling = {file.name for file in found.files}
    return tuple(file for file in survey.files if file.name in telling)


def _model(found: Outline | None) -> LockedModel | None:
    if found is None:
        return None
    return LockedModel.model_validate(
        {
            "class": found.class_name,
            "dtype": found.dtype,
            "parameters": found.parameters,
            "bytes": found.bytes,
        }
    )


def signature_of(composed: Composed, record: RunRecord | None = None) -> dict[str, Any] | None:
    """Give the signature that a model will have, as plain values.

    Args:
        composed: The recipe.
        record: The record of a run of it, where there is one.

    Returns:
        ``inputs``, ``outputs`` and ``params``; nothing where it is inferred and there is no run.
    """
    inferred = composed.recipe.signature == "infer"
    if inferred and record is None:
        return None
    sides = record.signature if inferred and record else sign(composed.recipe).to_dict()
    return {side: json.loads(sides[side] or "[]") for side in ("inputs", "outputs", "params")}


def _packages(composed: Composed, found: Outline | None) -> dict[str, str]:
    """Give the pins of the model, as far as they are what is installed."""
    lines = requirements(found.parts) if found else []
    own = {Requirement(line).name for line in composed.recipe.requirements.extra}
    pins = (line.partition("==") for line in lines)
    return {name: version for name, _, version in pins if name not in own}


def _newest(
    composed: Composed, parts: dict[str, LockedPart], outs: Iterable[Path]
) -> RunRecord | None:
    """Find the newest run of this very recipe, on these very commits, that ended well."""
    wanted = digest(composed.recipe)
    commits = {name: part.commit for name, part in parts.items()}
    fitting: list[tuple[str, str, RunRecord]] = []
    for out in outs:
        for file in sorted((out / composed.name).glob(f"*/{RECORD_FILE}")):
            record = read_record(file)
            if record is None or record.failure or record.digest != wanted:
                continue
            if {name: source.commit for name, source in record.sources.items()} == commits:
                fitting.append((record.started, str(file), record))
    return max(fitting, key=lambda one: one[:2])[2] if fitting else None


def _result(record: RunRecord | None) -> LockedResult | None:
    if record is None:
        return None
    outputs = {view.view: view.outputs for view in record.views}
    text = json.dumps(outputs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    found = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    metrics = dict(sorted(record.metrics.items()))
    return LockedResult(verdict=record.verdict.value, metrics=metrics, outputs=f"sha256:{found}")


def _still_true(old: Lock | None, recipe: str, parts: dict[str, LockedPart]) -> LockedResult | None:
    """Keep the result of a lock that is of the same recipe and the same files."""
    return old.result if old and (old.recipe, old.parts) == (recipe, parts) else None


def _moved(old: Lock | None, new: Lock, name: str) -> list[Drift]:
    return drift(old, Present(name, new.recipe, new.parts, new.packages)) if old else []
