"""Locks compared: what the parts, the model and its last run were on each side."""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.review.lock_file import Lock, LockedFile, LockedModel, LockedPart, LockedResult
from runner.review.packages import compare_packages
from runner.review.rules import ABSENT, Change
from runner.review.sides import Version

_PROVEN = ("passed", "proven")
_DOCUMENTS = (".md", ".txt.license", ".gitattributes", ".png", ".jpg")
_SHOWN = 12
_SAME_UP_TO = 1e-9


def in_force(version: Version) -> Lock | None:
    """Give the lock of a recipe, if it was written for this version of it."""
    lock = version.lock
    fits = isinstance(lock, Lock) and lock.recipe.removeprefix("sha256:") == version.digest
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
        written_for = now.recipe.removeprefix("sha256:")
        yield Change("lock-stale", "lock", _short(written_for), _short(after.digest))
    if isinstance(was, Lock) and isinstance(now, Lock):
        yield from _contents(was, now)


def _contents(was: Lock, now: Lock) -> Iterator[Change]:
    for name in was.parts:
        if name in now.parts:
            yield from _part(f"lock.parts.{name}", was.parts[name], now.parts[name])
    if was.model and now.model:
        yield from _model(was.model, now.model)
    yield from compare_packages("lock.packages", was.packages, now.packages)
    if was.result and now.result:
        yield from _result(was.result, now.result)


def _part(field: str, was: LockedPart, now: LockedPart) -> Iterator[Change]:
    moved = [name for name in was.files if not _is_same(was.files[name], now.files.get(name))]
    moved += [name for name in now.files if name not in was.files]
    if was.commit != now.commit:
        rule = "commit-moved" if moved or not was.files else "source-restated"
        yield Change(rule, f"{field}.commit", _short(was.commit), _short(now.commit))
    documents = [name for name in moved if _is_document(name)]
    for rule, names in (
        ("files-changed", [name for name in moved if name not in documents]),
        ("files-beside", documents),
    ):
        if names:
            old, new = ({n: _described(part.files.get(n)) for n in names} for part in (was, now))
            yield Change(rule, f"{field}.files", old, new, _count(len(names)))
    if was.license != now.license:
        yield Change("licence-changed", f"{field}.license", _said(was.license), _said(now.license))


def _is_same(was: LockedFile, now: LockedFile | None) -> bool:
    return now is not None and was.is_same(now)


def _is_document(name: str) -> bool:
    return name.casefold().endswith(_DOCUMENTS) or name.upper().startswith("LICENSE")


def _described(file: LockedFile | None) -> str:
    return f"{file.sha256[:_SHOWN]} {size(file.size)}".strip() if file else "absent"


def _count(files: int) -> str:
    return "one file" if files == 1 else f"{files} files"


def _model(was: LockedModel, now: LockedModel) -> Iterator[Change]:
    if was.class_name != now.class_name:
        yield Change("class-changed", "lock.model.class", was.class_name, now.class_name)
    if was.dtype != now.dtype:
        yield Change("locked-dtype", "lock.model.dtype", was.dtype, now.dtype)
    if was.parameters != now.parameters:
        times = _times(was.parameters, now.parameters)
        old, new = was.parameters, now.parameters
        yield Change("parameters-changed", "lock.model.parameters", old, new, times)
    if was.bytes != now.bytes:
        times = f"{size(was.bytes)} → {size(now.bytes)}, {_times(was.bytes, now.bytes)}"
        yield Change("size-changed", "lock.model.bytes", was.bytes, now.bytes, times)


def _times(was: int, now: int) -> str:
    return f"× {now / was:.3g}" if was else "was unknown"


def _result(was: LockedResult, now: LockedResult) -> Iterator[Change]:
    yield from compare_verdicts("lock.result.verdict", was.verdict, now.verdict)
    yield from compare_metrics("lock.result.metrics", was.metrics, now.metrics)
    if was.outputs and now.outputs and was.outputs != now.outputs:
        digests = (was.outputs, now.outputs)
        old, new = (digest.removeprefix("sha256:")[:_SHOWN] for digest in digests)
        yield Change("outputs-moved", "lock.result.outputs", old, new)


def compare_verdicts(field: str, was: str, now: str) -> Iterator[Change]:
    """Compare what two proofs said.

    Args:
        field: What to call it.
        was: The verdict before.
        now: The verdict after.
    """
    if (was in _PROVEN) != (now in _PROVEN):
        yield Change("verdict-gained" if now in _PROVEN else "verdict-lost", field, was, now)


def compare_metrics(
    field: str, was: Mapping[str, float], now: Mapping[str, float]
) -> Iterator[Change]:
    """Compare metrics by name, with their deltas.

    Args:
        field: What to call them.
        was: The metrics before.
        now: The metrics after.
    """
    for name in dict.fromkeys([*was, *now]):
        old, new = was.get(name), now.get(name)
        here = f"{field}.{name}"
        if old is None or new is None:
            yield Change("metric-set", here, _number(old), _number(new))
        elif abs(new - old) > _SAME_UP_TO * max(abs(new), abs(old)):
            share = f" ({(new - old) / abs(old):+.1%})" if old else ""
            yield Change("metric-moved", here, old, new, f"{new - old:+.4g}{share}")


def _number(value: float | None) -> Any:
    return ABSENT if value is None else value


def _short(commit: str) -> Any:
    return commit[:_SHOWN] or ABSENT


def _said(text: str) -> Any:
    return text or ABSENT


def size(count: int) -> str:
    """Give a number of bytes as people read it: ``1.42 GB``."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} B"
