"""A recipe against its lock: what it stands for now, and a run held to what was locked."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from runner.libraries import installed
from runner.locks.drift import Drift, LockError, Present, drift
from runner.locks.lock import Lock, LockedFile, LockedPart, lock_file_of, read_lock
from runner.recipe.composing.composed import Composed
from runner.recipe.language.digest import digest
from runner.recipe.reading.strict_yaml import display_name
from runner.sources import Location, Source
from runner.sources.checkpoint.files import hashed


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
    present = present_of(composed, lock)
    unasked = [name for name, part in present.parts.items() if part is None]
    return Checked(display_name(file), lock, drift(lock, present), unasked)


def hold_to_locks(composed: Iterable[Composed]) -> list[Composed]:
    """Pin the sources of recipes to the commits of their locks.

    Args:
        composed: The composed recipes.

    Returns:
        Each with its pins.

    Raises:
        LockError: One is not what was locked.
        RecipeError: A lock cannot be read.
        SourceError: A source cannot be asked.
    """
    checked = [(one, check(one)) for one in composed]
    if drifts := [(result.file, drift) for _, result in checked for drift in result.drifts]:
        raise LockError(drifts)
    return [replace(one, pins=_pins(result.lock)) for one, result in checked]


def _pins(lock: Lock | None) -> dict[str, str]:
    parts = lock.parts if lock else {}
    return {name: part.commit for name, part in parts.items() if part.commit}


def recipe_digest(composed: Composed) -> str:
    """Give the digest of a composed recipe as a lock has it."""
    return f"sha256:{digest(composed.recipe)}"


def present_of(composed: Composed, lock: Lock | None) -> Present:
    """Say what a recipe stands for now.

    Args:
        composed: The composed recipe.
        lock: Its lock; without one only the recipe itself is looked at.
    """
    parts: dict[str, LockedPart | None] = {}
    with tempfile.TemporaryDirectory() as workdir:
        for source, context in composed.parts(Path(workdir)) if lock else ():
            found = source.locate(context)
            parts[context.component] = locked_part(source, found) if found.asked else None
    packages = {name: installed(name) for name in lock.packages} if lock else {}
    overridden = f" with {', '.join(composed.overrides)}" if composed.overrides else ""
    return Present(composed.name + overridden, recipe_digest(composed), parts, packages)


def locked_part(source: Source, found: Location, license: str = "") -> LockedPart:
    """Put together what a lock says of a part.

    Args:
        source: Its source, as the recipe says it.
        found: Where it is, with the files to lock.
        license: Its licence.
    """
    files = {
        name: LockedFile(sha256=sha256, size=size)
        for name, size, sha256 in hashed(found.folder, found.files)
    }
    return LockedPart(
        kind=source.kind,
        name=found.name,
        revision=source.wanted_state if found.commit else "",
        commit=found.commit,
        license=license,
        files=dict(sorted(files.items())),
    )
