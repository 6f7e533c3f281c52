"""Drift: the differences from a lock that stop a locked run, by kind, as findings."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from runner.errors import Exit
from runner.findings import Finding, Place, RecipeError
from runner.locks.differences import (
    Difference,
    FilesDiffer,
    PackageDiffers,
    RecipeDiffers,
    SourceDiffers,
    differences,
)
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


def missing(recipe: str) -> Drift:
    """Say that a recipe has no lock.

    Args:
        recipe: The recipe's name.
    """
    return Drift(DriftKind.LOCK_MISSING, recipe)


def drift(lock: Lock, now: Lock, recipe: str) -> list[Drift]:
    """Say what is not as it was locked.

    Args:
        lock: The lock.
        now: What it would say now, as far as that is known.
        recipe: The recipe's name.

    Returns:
        Every difference that a locked run does not take, in the order recipe, parts, packages; none
        where all is as locked. Of a part that moved its files are not told.
    """
    found = list(differences(lock, now))
    moved = {one.part for one in found if isinstance(one, SourceDiffers)}
    return [drift for one in found for drift in _drifts(one, lock, moved, recipe)]


def _drifts(one: Difference, lock: Lock, moved: Collection[str], recipe: str) -> Iterator[Drift]:
    match one:
        case RecipeDiffers(was, now):
            subject = f"the recipe {recipe}"
            yield Drift(DriftKind.RECIPE_CHANGED, subject, _short(was), _short(now))
        case SourceDiffers(part, was, now):
            yield Drift(DriftKind.SOURCE_MOVED, f"the {part}", _said(was), _said(now))
        case FilesDiffer(part, was, now) if part not in moved:
            # a commit has its files for good: one that the lock does not name is not new
            for file in sorted(was) if lock.parts[part].commit else one.names:
                old, new = _print(was.get(file)), _print(now.get(file))
                yield Drift(DriftKind.FILE_CHANGED, f"{file} of the {part}", old, new)
        case PackageDiffers(name, was, now):
            yield Drift(DriftKind.PACKAGE_CHANGED, name, was or "", now or "")
        case _:
            return


def _said(part: LockedPart | None) -> str:
    if part is None:
        return ""
    at = f" {part.revision} at" if part.commit else ""
    return f"{part.kind} {part.name}{at} {part.commit[:_SHOWN]}".rstrip()


def _print(file: LockedFile | None) -> str:
    return f"{file.sha256[:_SHOWN]} ({file.size} bytes)".lstrip() if file else ""


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:_SHOWN]
