"""Drift: what is not as it was locked, by kind, from the lock and what is now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from runner.errors import Exit
from runner.findings import Finding, Place, RecipeError
from runner.locks.lock import Lock, LockedFile, LockedPart

_SHOWN = 12


class DriftKind(StrEnum):
    """How what is now can differ from what was locked."""

    LOCK_MISSING = "lock-missing"
    RECIPE_CHANGED = "recipe-changed"
    SOURCE_MOVED = "source-moved"
    FILE_CHANGED = "file-changed"
    PACKAGE_CHANGED = "package-changed"


_REMEDIES = {
    DriftKind.LOCK_MISSING: "Write one with `lock`.",
    DriftKind.RECIPE_CHANGED: "Look at what changed, then lock it again with `lock`.",
    DriftKind.SOURCE_MOVED: "Move on purpose with `lock --upgrade`, or name the locked state in "
    "the recipe.",
    DriftKind.FILE_CHANGED: "Put the file back, or lock it again with `lock`.",
    DriftKind.PACKAGE_CHANGED: "Install the locked version, or lock again with `lock`.",
}
_OURS = {DriftKind.LOCK_MISSING, DriftKind.RECIPE_CHANGED}


@dataclass(frozen=True)
class Drift:
    """One thing that is not as it was locked.

    Args:
        kind: How it differs.
        subject: What differs.
        was: What the lock says; empty for nothing.
        now: What is; empty for nothing.
    """

    kind: DriftKind
    subject: str
    was: str = ""
    now: str = ""

    @property
    def message(self) -> str:
        """What differs, one sentence."""
        if self.kind is DriftKind.LOCK_MISSING:
            return f"{self.subject} has no lock."
        return f"{self.subject} is {self.now or 'absent'}, the lock says {self.was or 'nothing'}."

    def __str__(self) -> str:
        """Give the move: what, from where, to where."""
        return f"{self.subject}: {self.was or 'nothing'} → {self.now or 'nothing'}"

    def finding(self, file: str) -> Finding:
        """Give it as a finding.

        Args:
            file: The lock file as the user would name it.
        """
        return Finding(self.kind, self.message, _REMEDIES[self.kind], place=Place(file))


class LockError(RecipeError):
    """A locked run is not what was locked; carries all of it.

    It ends with exit code 2 where the recipe or the command line is at fault (no lock, another
    recipe), and with 3 where something outside them moved.
    """

    code = "lock-drift"

    def __init__(self, drifts: Sequence[tuple[str, Drift]]) -> None:
        super().__init__(drift.finding(file) for file, drift in drifts)
        ours = any(drift.kind in _OURS for _, drift in drifts)
        self.exit = Exit.WRONG_INPUT if ours else Exit.OUTSIDE_FAILED


@dataclass(frozen=True)
class Present:
    """What a recipe stands for now, as far as it is known without fetching anything.

    Args:
        name: The recipe's name.
        recipe: Digest of the composed recipe.
        parts: Where each part is; None for one whose source was not asked.
        packages: Versions of what is installed, of the packages that the lock names.
    """

    name: str
    recipe: str
    parts: Mapping[str, LockedPart | None]
    packages: Mapping[str, str]


def drift(lock: Lock | None, present: Present) -> list[Drift]:
    """Say what is not as it was locked.

    Args:
        lock: The lock, where there is one.
        present: What is now.

    Returns:
        Every difference, in the order recipe, parts, packages; none where all is as locked.
    """
    if lock is None:
        return [Drift(DriftKind.LOCK_MISSING, present.name)]
    found: list[Drift] = []
    if lock.recipe != present.recipe:
        was, now = _short(lock.recipe), _short(present.recipe)
        found.append(Drift(DriftKind.RECIPE_CHANGED, f"the recipe {present.name}", was, now))
    for name in sorted({*lock.parts, *present.parts}):
        part = present.parts.get(name)
        if part is not None or name not in present.parts:
            found += _part_drift(name, lock.parts.get(name), part)
    for name in sorted({*lock.packages, *present.packages}):
        was, now = lock.packages.get(name, ""), present.packages.get(name, "")
        if was != now:
            found.append(Drift(DriftKind.PACKAGE_CHANGED, name, was, now))
    return found


def _part_drift(name: str, was: LockedPart | None, now: LockedPart | None) -> Iterator[Drift]:
    if was is None or now is None or _state(was) != _state(now):
        yield Drift(DriftKind.SOURCE_MOVED, f"the {name}", _said(was), _said(now))
        return
    known = was.files if was.commit else {**was.files, **now.files}
    for file in sorted(known):
        old, new = was.files.get(file), now.files.get(file)
        if old is None or new is None or not _same(old, new):
            yield Drift(DriftKind.FILE_CHANGED, f"{file} of the {name}", _print(old), _print(new))


def _state(part: LockedPart) -> tuple[str, str, str]:
    return part.kind, part.name, part.commit


def _said(part: LockedPart | None) -> str:
    if part is None:
        return ""
    at = f" {part.revision} at" if part.commit else ""
    return f"{part.kind} {part.name}{at} {part.commit[:_SHOWN]}".rstrip()


def _same(old: LockedFile, new: LockedFile) -> bool:
    return old.size == new.size and (not (old.sha256 and new.sha256) or old.sha256 == new.sha256)


def _print(file: LockedFile | None) -> str:
    return f"{file.sha256[:_SHOWN]} ({file.size} bytes)".lstrip() if file else ""


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:_SHOWN]
