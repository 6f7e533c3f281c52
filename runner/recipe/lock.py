"""Locks: what a recipe stood for when it was locked, as a file beside it; and what has moved since.

The file is the same to the byte wherever it is written: fixed order, no path of a machine.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runner.errors import Exit
from runner.findings import Finding, Place, RecipeError
from runner.recipe.shelf import LOCK_SUFFIX
from runner.recipe.strict_yaml import display_name

_SHOWN = 12
_Hash = Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
_Commit = Annotated[str, Field(pattern="^([0-9a-f]{40})?$")]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LockedFile(_Block):
    """A file that a run needs.

    Args:
        sha256: Hash of its content; empty where the hub gives none and it was not fetched.
        size: Bytes.
    """

    sha256: _Hash = ""
    size: int


class LockedPart(_Block):
    """Where a part comes from.

    Args:
        kind: Kind of source.
        name: The source as the recipe names it: repository, path, distribution and version.
        revision: Branch, tag or commit that the recipe names, for a repository.
        commit: The commit that it stood for.
        license: Licence identifier, where declared.
        files: What a run needs of it, by path in the checkpoint.
    """

    kind: str
    name: str
    revision: str = ""
    commit: _Commit = ""
    license: str = ""
    files: dict[str, LockedFile]


class LockedModel(_Block):
    """The model that is made of it.

    Args:
        class_name: Its class in transformers.
        dtype: dtype of the weights as written.
        parameters: Number of its parameters.
        bytes: Size of the weights as written.
    """

    class_name: str = Field(alias="class")
    dtype: str
    parameters: int
    bytes: int


class LockedResult(_Block):
    """What the proof said of it.

    Args:
        verdict: ``passed``, ``failed`` or ``unproven``.
        metrics: Numbers the proof measured.
        outputs: Digest of what the model answered, in every view.
    """

    verdict: str
    metrics: dict[str, float]
    outputs: str


class Lock(_Block):
    """What a recipe stood for.

    Args:
        lock: Version of the format.
        recipe: Digest of the composed recipe.
        task: Its task.
        parts: Where each part comes from, by part.
        model: The model; nothing where its configuration is inside weights that were not here.
        signature: ``inputs``, ``outputs`` and ``params``; nothing where only a run can tell.
        packages: Versions of the packages that the model will ask for.
        result: What the newest run of just this said.
    """

    lock: Literal[1]
    recipe: str
    task: str
    parts: dict[str, LockedPart]
    model: LockedModel | None = None
    signature: dict[str, list[Any]] | None = None
    packages: dict[str, str]
    result: LockedResult | None = None

    def text(self) -> str:
        """Give the file's text."""
        values = self.model_dump(by_alias=True, exclude_defaults=True)
        return yaml.safe_dump(values, sort_keys=False, width=100)

    def write(self, file: Path) -> bool:
        """Write the file in one move, unless it says the same already.

        Args:
            file: The lock file.

        Returns:
            Whether it was written.
        """
        text = self.text()
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            return False
        staged = file.with_name(f".{file.name}.partial")
        staged.write_text(text, encoding="utf-8")
        os.replace(staged, file)
        return True


def lock_file_of(recipe: Path) -> Path:
    """Give the lock file of a recipe file: ``name.lock.yaml`` beside it."""
    return recipe.with_name(recipe.stem + LOCK_SUFFIX)


def read_lock(file: Path) -> Lock | None:
    """Read a lock file; nothing where there is none.

    Args:
        file: The lock file.

    Raises:
        RecipeError: It is no lock.
    """
    if not file.is_file():
        return None
    try:
        return Lock.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        why = str(error)
    except yaml.YAMLError as error:
        why = str(getattr(error, "problem", "") or "not YAML")
    except ValidationError as error:
        first = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")
    message = f"{display_name(file)} is no lock that can be read ({why})."
    remedy = "Take it back from version control, or delete it and lock the recipe again."
    raise RecipeError(
        [Finding("lock-unreadable", message, remedy, place=Place(display_name(file)))]
    )


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
    """A locked run is not what was locked.

    It ends with exit code 2 where the recipe or the command line is at fault (no lock, another
    recipe), and with 3 where something outside them moved.
    """

    code = "lock-drift"

    def __init__(self, drifts: list[Drift], file: str) -> None:
        super().__init__(drift.finding(file) for drift in drifts)
        ours = any(drift.kind in _OURS for drift in drifts)
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
