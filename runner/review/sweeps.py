"""Sweep files of two sides: the points that are gone, new, or others to those who call them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from runner.findings import Finding, Severity
from runner.recipe.composing.composed import Composed
from runner.recipe.language.digest import digest
from runner.recipe.reading.shelf import names_under
from runner.recipe.sweeping.assessing import Judged, judge_sweep
from runner.recipe.sweeping.files import SWEEPS, SweepFile, read_sweep_file
from runner.review.compare import compare
from runner.review.rules import ABSENT, Change, Impact, gravest
from runner.review.sides import OF_THIS_MACHINE, Side, Version
from runner.sources.checkpoint.files import sha256_of


@dataclass(frozen=True)
class SweepVersion:
    """A sweep file as one side has it.

    Args:
        side: The side.
        file: The file as read.
    """

    side: Side
    file: SweepFile

    @cached_property
    def points(self) -> dict[str, Composed]:
        """Its points that compose, by what tells each from the others."""
        several = self.file.sweep is not None and len(self.file.sweep.recipes) > 1
        return {_name(point, several=several): point for point in self._judged.composed}

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Why some of it does not compose."""
        wrong = (f for f in self._judged.findings if f.severity is Severity.ERROR)
        return tuple(map(self.side.as_shown, wrong))

    @cached_property
    def _judged(self) -> Judged:
        return judge_sweep(self.file, self.side.shelf, unasked=OF_THIS_MACHINE)

    @property
    def contents(self) -> dict[str, str]:
        """The files that it and its recipes are made of, each with its hash."""
        path = self.file.document.path
        found = {self.side.shown(str(path)): sha256_of(path)}
        for recipe in self.file.sweep.recipes if self.file.sweep else ():
            found |= self.side.contents(recipe) if recipe in self.side.lineages else {}
        return found

    def version(self, point: Composed) -> Version:
        """Give a point as a version of its recipe."""
        known = point.name in self.side.lineages
        recipe = self.side.version(point.name) if known else Version(
            point.name, str(point.file), None, (), {}, None
        )  # fmt: skip
        return replace(recipe, recipe=point.recipe)


def sweeps_of(side: Side) -> dict[str, SweepVersion]:
    """Give the sweep files of a side, by their names.

    Args:
        side: The side.
    """
    roots = [root.parent / SWEEPS for root in side.roots]
    found: dict[str, SweepVersion] = {}
    for root in (root for root in roots if root.is_dir()):
        for name in names_under(root):
            file = read_sweep_file(root / f"{name}.yaml", root)
            found.setdefault(name, SweepVersion(side, file))
    return found


def sweep_changes(old: SweepVersion | None, new: SweepVersion | None) -> Iterator[Change]:
    """Give what differs between a sweep file of two sides.

    Args:
        old: The file before; None for a new one.
        new: The file after; None for a deleted one.
    """
    if new is None or old is None:
        yield Change("sweep-deleted" if new is None else "sweep-added", "sweep")
        return
    if new.findings:
        yield Change("sweep-broken", "sweep")
        return
    before, after = old.points, new.points
    if added := [name for name in after if name not in before]:
        yield Change("points-added", "points", ABSENT, added)
    if removed := [name for name in before if name not in after]:
        yield Change("points-removed", "points", removed, ABSENT)
    yield from _of_points(old, new)
    was, now = (one.file.sweep.baseline if one.file.sweep else {} for one in (old, new))
    if was != now:
        yield Change("baseline-changed", "baseline", was, now)


def _of_points(old: SweepVersion, new: SweepVersion) -> Iterator[Change]:
    """Tell of points that are on both sides, and not the same to those who call their models."""
    impacts: Mapping[str, Impact] = {
        name: gravest(compare(old.version(old.points[name]), new.version(point)))
        for name, point in new.points.items()
        if name in old.points and digest(point.recipe) != digest(old.points[name].recipe)
    }
    for rule, impact in (("points-break", Impact.BREAKING), ("points-answer", Impact.BEHAVIOUR)):
        if names := [name for name, found in impacts.items() if found is impact]:
            yield Change(rule, "points", names, names)


def _name(point: Composed, *, several: bool) -> str:
    overrides = ", ".join(point.overrides) or "as it is"
    return f"{point.name}: {overrides}" if several else overrides
