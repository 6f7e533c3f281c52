"""Lock a recipe: what its sources, its model and its environment are, without any weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from runner.files.temporary import temporary_folder
from runner.locks.beside import parts_beside
from runner.locks.drift import Drift, drift
from runner.locks.lock import Lock, LockedModel, LockedPart, lock_file_of
from runner.locks.pins import kept_commit, pin, recipe_digest
from runner.locks.proven import locked_result, newest_record
from runner.locks.reading import read_lock
from runner.packaging.blueprint import Blueprint, sketch, with_components
from runner.packaging.requirements import requirements
from runner.packaging.sign import signature_of
from runner.recipe.composing.composed import Composed
from runner.sources import Checkpoint
from runner.sources.base import Progress, no_progress


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
    with temporary_folder("lock") as workdir:
        parts: dict[str, LockedPart] = {}
        checkpoints: dict[str, Checkpoint] = {}
        for source, context in composed.parts(Path(workdir), progress):
            name = context.component
            known = None if upgrade or not old else old.parts.get(name)
            parts[name], checkpoints[name] = pin(source, context, kept_commit(source, known))
        if found := sketch(composed.recipe, checkpoints):
            found = with_components(found, composed.recipe, checkpoints)
    parts |= parts_beside(composed)
    digest = recipe_digest(composed)
    record = newest_record(composed, parts, outs)
    still_true = old.result if old and (old.recipe, old.parts) == (digest, parts) else None
    new = Lock(
        lock=1,
        recipe=digest,
        task=composed.recipe.task,
        parts=parts,
        model=_model(found),
        signature=signature_of(composed.recipe, record),
        packages=_packages(composed, found),
        result=locked_result(record) if record else still_true,
    )
    return Locked(file, new, new.write(file), drift(old, new, composed.name) if old else [])


def _model(found: Blueprint | None) -> LockedModel | None:
    if found is None:
        return None
    facts = {"dtype": found.dtype_name, "parameters": found.parameters, "bytes": found.bytes}
    return LockedModel.model_validate({"class": found.class_name, **facts})


def _packages(composed: Composed, found: Blueprint | None) -> dict[str, str]:
    """Give the pins of the model, as far as they are what is installed."""
    recipe = composed.recipe
    own = {Requirement(line).name for line in recipe.requirements.extra}
    pins = (line.partition("==") for line in (requirements(found, recipe) if found else []))
    return {name: version for name, _, version in pins if name not in own}
