"""Locks compared: what differs between them, by the rule of a review that it falls under."""

import posixpath
from collections.abc import Iterable, Iterator

from runner.locks.beside import DATASET, METRICS
from runner.locks.differences import (
    Difference,
    FilesDiffer,
    LicenceDiffers,
    MetricDiffers,
    ModelDiffers,
    OutputsDiffer,
    PackageDiffers,
    RecipeDiffers,
    ResultDifference,
    ScoreDiffers,
    SizeDiffers,
    SourceDiffers,
    VerdictDiffers,
    differences,
)
from runner.locks.lock import Lock, LockedFile
from runner.review.measured import moved
from runner.review.packages import package_change
from runner.review.parts import GOLDEN_FIELD
from runner.review.rules import ABSENT, Change
from runner.review.sides import Version
from runner.text.wording import counted, size

_PROVEN = ("passed", "proven")
_DOCUMENTS = (".md", ".txt.license", ".gitattributes", ".png", ".jpg")
_SHOWN = 12
_OF_THEIR_OWN = {
    DATASET: "data-changed",
    GOLDEN_FIELD: "golden-changed",
    METRICS: "metric-code-changed",
}
_MODEL_RULES = {"class": "class-changed", "dtype": "locked-dtype"}


def in_force(version: Version) -> Lock | None:
    """Give the lock of a recipe, if it was written for this version of it."""
    lock = version.lock
    fits = isinstance(lock, Lock) and _digits(lock.recipe) == version.digest
    return lock if isinstance(lock, Lock) and fits else None


def compare_locks(before: Version, after: Version) -> Iterator[Change]:
    """Compare the locks of two versions of a recipe, where either has one.

    Args:
        before: The version before.
        after: The version after.
    """
    was, now = before.lock, after.lock
    if isinstance(now, str):
        yield Change("lock-unreadable", "lock", detail=now)
    elif now is None and was is not None:
        yield Change("lock-removed", "lock")
    elif now is not None and was is None:
        yield Change("lock-added", "lock")
    if isinstance(now, Lock) and in_force(after) is None:
        yield Change("lock-stale", "lock", _short(_digits(now.recipe)), _short(after.digest))
    if isinstance(was, Lock) and isinstance(now, Lock):
        found = list(differences(was, now))
        moved = {one.part for one in found if isinstance(one, FilesDiffer)}
        for difference in found:
            yield from _changes(difference, moved)


def _changes(difference: Difference, moved: set[str]) -> Iterator[Change]:
    """Give the changes that a difference between two locks is; ``moved`` are parts of new files."""
    match difference:
        case RecipeDiffers():  # the recipes themselves are compared
            return
        case SourceDiffers(part, was, now):
            if was and now and was.commit != now.commit:  # kinds and names are the recipe's
                rule = "commit-moved" if part in moved or not was.files else "source-restated"
                field = f"lock.parts.{part}.commit"
                yield Change(rule, field, _short(was.commit), _short(now.commit))
        case FilesDiffer():
            yield from _files(difference)
        case LicenceDiffers(part, was, now):
            field = f"lock.parts.{part}.license"
            yield Change("licence-changed", field, was or ABSENT, now or ABSENT)
        case ModelDiffers(fact, was, now):
            yield Change(_MODEL_RULES[fact], f"lock.model.{fact}", was, now)
        case SizeDiffers("parameters", was, now):
            yield Change("parameters-changed", "lock.model.parameters", was, now, _times(was, now))
        case SizeDiffers(_, was, now):
            detail = f"{size(was)} → {size(now)}, {_times(was, now)}"
            yield Change("size-changed", "lock.model.bytes", was, now, detail)
        case PackageDiffers(name, was, now):
            yield package_change(f"lock.packages.{name}", was, now)
        case VerdictDiffers() | MetricDiffers() | ScoreDiffers() | OutputsDiffer():
            yield from result_changes("lock.result", difference)


def _files(difference: FilesDiffer) -> Iterator[Change]:
    for rule, names in by_rule(difference.part, difference.names).items():
        if names:
            sides = (difference.was, difference.now)
            old, new = ({name: _described(side.get(name)) for name in names} for side in sides)
            field = f"lock.parts.{difference.part}.files"
            yield Change(rule, field, old, new, counted(len(names), "file"))


def by_rule(part: str, names: Iterable[str]) -> dict[str, list[str]]:
    """Sort files of a part that are other ones by the rule that they fall under.

    Args:
        part: The part, as a lock calls it.
        names: Their paths.
    """
    if rule := _OF_THEIR_OWN.get(part):
        return {rule: list(names)}
    found: dict[str, list[str]] = {"files-changed": [], "files-beside": []}
    for name in names:
        found["files-beside" if _is_document(name) else "files-changed"].append(name)
    return found


def _is_document(path: str) -> bool:
    """Tell whether a file of a checkpoint is for people: no model is read from it."""
    name = posixpath.basename(path)
    return name.casefold().endswith(_DOCUMENTS) or name.upper().startswith("LICENSE")


def _described(file: LockedFile | None) -> str:
    return f"{file.sha256[:_SHOWN]} {size(file.size)}".strip() if file else "absent"


def _times(was: int, now: int) -> str:
    return f"× {now / was:.3g}" if was else "was unknown"


def result_changes(field: str, difference: ResultDifference) -> Iterator[Change]:
    """Give the changes that a difference between two results is.

    Args:
        field: What to call the result.
        difference: The difference.
    """
    match difference:
        case VerdictDiffers(was, now):
            if (was in _PROVEN) != (now in _PROVEN):
                rule = "verdict-gained" if now in _PROVEN else "verdict-lost"
                yield Change(rule, f"{field}.verdict", was, now)
        case MetricDiffers(name, was, now):
            here = f"{field}.metrics.{name}"
            if was is None or now is None:
                old, new = (ABSENT if value is None else value for value in (was, now))
                yield Change("metric-set", here, old, new)
            else:
                share = f" ({(now - was) / abs(was):+.1%})" if was else ""
                yield Change("metric-moved", here, was, now, f"{now - was:+.4g}{share}")
        case ScoreDiffers(name, was, now):
            yield from moved(f"{field}.scores.{name}", was, now)
        case OutputsDiffer(was, now):
            old, new = _short(_digits(was)), _short(_digits(now))
            yield Change("outputs-moved", f"{field}.outputs", old, new)


def _digits(digest: str) -> str:
    return digest.removeprefix("sha256:")


def _short(digits: str) -> object:
    return digits[:_SHOWN] or ABSENT
