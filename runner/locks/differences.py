"""What differs between two locks: the one comparison, for checks as for reviews.

A check compares the lock with what it would be now, a review two locks of two revisions. Signatures
are left to the review, which compares them as calls, and also where there is no lock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Literal

from runner.locks.lock import Lock, LockedFile, LockedModel, LockedPart, LockedResult, LockedScore

_SAME_UP_TO = 1e-9


@dataclass(frozen=True)
class RecipeDiffers:
    """Another recipe: its digests."""

    was: str
    now: str


@dataclass(frozen=True)
class SourceDiffers:
    """A part of another kind, name or commit; None where there is no such part."""

    part: str
    was: LockedPart | None
    now: LockedPart | None


@dataclass(frozen=True)
class FilesDiffer:
    """Files of a part that are other ones, by path; a side lacks those that it does not have."""

    part: str
    was: Mapping[str, LockedFile]
    now: Mapping[str, LockedFile]

    @property
    def names(self) -> list[str]:
        """The paths that differ."""
        return sorted({*self.was, *self.now})


@dataclass(frozen=True)
class LicenceDiffers:
    """A part under another licence; empty where it is not known."""

    part: str
    was: str
    now: str


@dataclass(frozen=True)
class ModelDiffers:
    """A fact about the model that is another."""

    fact: Literal["class", "dtype"]
    was: str
    now: str


@dataclass(frozen=True)
class SizeDiffers:
    """A number about the model that is another; 0 where it is not known."""

    fact: Literal["parameters", "bytes"]
    was: int
    now: int


@dataclass(frozen=True)
class PackageDiffers:
    """A package of another version; None where it is not named."""

    name: str
    was: str | None
    now: str | None


@dataclass(frozen=True)
class VerdictDiffers:
    """Another verdict of the newest run."""

    was: str
    now: str


@dataclass(frozen=True)
class MetricDiffers:
    """A metric of the newest run that is another; None where it was not measured."""

    name: str
    was: float | None
    now: float | None


@dataclass(frozen=True)
class OutputsDiffer:
    """Other answers in the newest run: their digests."""

    was: str
    now: str


@dataclass(frozen=True)
class ScoreDiffers:
    """A metric on data of the newest run is another one.

    Args:
        name: The metric.
        was: What it was; nothing where it was not measured.
        now: What it is.
    """

    name: str
    was: LockedScore | None
    now: LockedScore | None


ResultDifference = VerdictDiffers | MetricDiffers | ScoreDiffers | OutputsDiffer
Difference = (
    RecipeDiffers
    | SourceDiffers
    | FilesDiffer
    | LicenceDiffers
    | ModelDiffers
    | SizeDiffers
    | PackageDiffers
    | ResultDifference
)


def differences(was: Lock, now: Lock) -> Iterator[Difference]:
    """Compare two locks.

    Args:
        was: One lock.
        now: The later one.

    Yields:
        What differs, in the order recipe, parts, model, packages, result; the model and the result
        only where both locks have one.
    """
    if was.recipe != now.recipe:
        yield RecipeDiffers(was.recipe, now.recipe)
    for name in sorted({*was.parts, *now.parts}):
        yield from _part(name, was.parts.get(name), now.parts.get(name))
    if was.model and now.model:
        yield from _model(was.model, now.model)
    for name in sorted({*was.packages, *now.packages}):
        old, new = was.packages.get(name), now.packages.get(name)
        if old != new:
            yield PackageDiffers(name, old, new)
    if was.result and now.result:
        yield from result_differences(was.result, now.result)


def _part(name: str, was: LockedPart | None, now: LockedPart | None) -> Iterator[Difference]:
    if was is None or now is None:
        yield SourceDiffers(name, was, now)
        return
    if (was.kind, was.name, was.commit) != (now.kind, now.name, now.commit):
        yield SourceDiffers(name, was, now)
    old, new = _others(was.files, now.files), _others(now.files, was.files)
    if old or new:
        yield FilesDiffer(name, old, new)
    if was.license != now.license:
        yield LicenceDiffers(name, was.license, now.license)


def _others(
    files: Mapping[str, LockedFile], than: Mapping[str, LockedFile]
) -> dict[str, LockedFile]:
    """Give the files that are not the same on the other side."""
    return {
        name: file
        for name, file in files.items()
        if name not in than or not file.is_same(than[name])
    }


def _model(was: LockedModel, now: LockedModel) -> Iterator[Difference]:
    if was.class_name != now.class_name:
        yield ModelDiffers("class", was.class_name, now.class_name)
    if was.dtype != now.dtype:
        yield ModelDiffers("dtype", was.dtype, now.dtype)
    if was.parameters != now.parameters:
        yield SizeDiffers("parameters", was.parameters, now.parameters)
    if was.bytes != now.bytes:
        yield SizeDiffers("bytes", was.bytes, now.bytes)


def result_differences(was: LockedResult, now: LockedResult) -> Iterator[ResultDifference]:
    """Compare what two runs said.

    Args:
        was: One result.
        now: The later one.
    """
    if was.verdict != now.verdict:
        yield VerdictDiffers(was.verdict, now.verdict)
    for name in dict.fromkeys([*was.metrics, *now.metrics]):
        old, new = was.metrics.get(name), now.metrics.get(name)
        if old is None or new is None or not _is_same_number(old, new):
            yield MetricDiffers(name, old, new)
    for name in dict.fromkeys([*was.scores, *now.scores]):
        before, after = was.scores.get(name), now.scores.get(name)
        if before != after:
            yield ScoreDiffers(name, before, after)
    if was.outputs and now.outputs and was.outputs != now.outputs:
        yield OutputsDiffer(was.outputs, now.outputs)


def _is_same_number(one: float, other: float) -> bool:
    both_undefined = one != one and other != other
    return both_undefined or isclose(one, other, rel_tol=_SAME_UP_TO)
