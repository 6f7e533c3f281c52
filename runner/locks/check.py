"""A recipe against its lock: what it stands for now, and a run held to what was locked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from runner.files.temporary import temporary_folder
from runner.locks.beside import parts_beside
from runner.locks.drift import Drift, DriftKind, LockError, drift, missing
from runner.locks.lock import Lock, lock_file_of
from runner.locks.pins import pinned, recipe_digest
from runner.locks.reading import read_lock
from runner.machine.libraries import installed
from runner.recipe.composing.composed import Composed
from runner.recipe.reading.strict_yaml import display_name
from runner.sources import Source


@dataclass(frozen=True)
class Checked:
    """A recipe compared with its lock.

    Args:
        file: The lock file as the user would name it.
        lock: The lock, where there is one.
        drifts: What is not as it was locked.
        unasked: Parts whose source was not asked, because the hub is offline.
    """

    file: str
    lock: Lock | None
    drifts: list[Drift]
    unasked: list[str]


def check(composed: Composed) -> Checked:
    """Compare a recipe with its lock; nothing is fetched, and no heavy library imported.

    Args:
        composed: The composed recipe.

    Raises:
        RecipeError: The lock cannot be read.
        SourceError: A source cannot be asked.
    """
    file = lock_file_of(composed.file)
    lock = read_lock(file)
    overridden = f" with {', '.join(composed.overrides)}" if composed.overrides else ""
    name = composed.name + overridden
    if lock is None:
        return Checked(display_name(file), None, [missing(name)], [])
    now, unasked = _as_of_now(composed, lock)
    return Checked(display_name(file), lock, drift(lock, now, name), unasked)


def hold_to_locks(
    composed: Iterable[Composed], as_written: Callable[[Composed], Composed] = lambda one: one
) -> list[Composed]:
    """Pin the sources of recipes to the commits of their locks.

    Args:
        composed: The composed recipes.
        as_written: Gives the recipe that one is a point of, which is what was locked.

    Returns:
        Each with its pins.

    Raises:
        LockError: One is not what was locked, or has other sources.
        RecipeError: A lock cannot be read.
        SourceError: A source cannot be asked.
    """
    written: dict[Path, Checked] = {}
    checked: list[tuple[Composed, Checked]] = []
    for one in composed:
        recipe = as_written(one)
        known = written.get(one.file) or check(recipe)
        written[one.file] = known
        elsewhere = [] if _sources(one) == _sources(recipe) else [_other_sources(one)]
        checked.append((one, replace(known, drifts=[*known.drifts, *elsewhere])))
    if drifts := [(result.file, drift) for _, result in checked for drift in result.drifts]:
        raise LockError(drifts)
    return [replace(one, pins=_commits(result.lock)) for one, result in checked]


def _sources(composed: Composed) -> dict[str, tuple[Source, Path]]:
    """Give the source of each part, and what a path in it is relative to."""
    return {c.component: (source, c.folder) for source, c in composed.parts(Path())}


def _other_sources(point: Composed) -> Drift:
    name = f"what {point.name} is made of"
    return Drift(DriftKind.RECIPE_CHANGED, name, "the recipe's sources", ", ".join(point.overrides))


def _commits(lock: Lock | None) -> dict[str, str]:
    parts = lock.parts if lock else {}
    return {name: part.commit for name, part in parts.items() if part.commit}


def _as_of_now(composed: Composed, lock: Lock) -> tuple[Lock, list[str]]:
    """Give a lock as it would be now; what was not asked is as locked, and named."""
    parts = {}
    unasked: list[str] = []
    with temporary_folder("lock") as workdir:
        for source, context in composed.parts(Path(workdir)):
            name, found = context.component, source.locate(context)
            if found.asked:
                parts[name] = pinned(source, found)
            else:
                unasked.append(name)
                parts |= {name: lock.parts[name]} if name in lock.parts else {}
    parts |= parts_beside(composed)
    packages = {name: installed(name) for name in lock.packages}
    changed = {"recipe": recipe_digest(composed), "parts": parts, "packages": packages}
    return lock.model_copy(update=changed), unasked
