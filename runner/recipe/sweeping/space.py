"""The space of a search: for each key its choices or its bounds, and points at its corners."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hydra.errors import HydraException

from runner.findings import Finding, Loc
from runner.recipe.language.sweep import Search, Sweep
from runner.recipe.sweeping.files import SweepFile
from runner.upstream.hydra_api import Bounds, bounds_of, parse_override

_FORM = "Write a list, or interval(…), range(…) or tag(log,interval(…)) as Hydra has them."


class SpaceError(Exception):
    """What is wrong with the space of a search; carries the finding, with its place."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(frozen=True)
class Dimension:
    """What a key may be.

    Args:
        key: Dotted key.
        choices: Its values, where they are listed.
        bounds: Its bounds, where it is a number.
    """

    key: str
    choices: tuple[Any, ...] = ()
    bounds: Bounds | None = None

    @property
    def corners(self) -> tuple[Any, ...]:
        """The values that stand for all: every choice, or the bounds."""
        if self.bounds is None:
            return self.choices
        ends = (self.bounds.low, self.bounds.high)
        return tuple(int(end) if self.bounds.are_whole else end for end in ends)


def space_of(file: SweepFile, search: Search) -> list[Dimension]:
    """Read the space of a search.

    Args:
        file: The sweep file.
        search: Its search.

    Raises:
        SpaceError: A key has neither choices nor bounds.
    """
    return [_dimension(file, key, given) for key, given in search.space.items()]


def _dimension(file: SweepFile, key: str, given: Any) -> Dimension:
    loc = ("search", "space", key)
    if isinstance(given, list) and given:
        return Dimension(key, tuple(given))
    if isinstance(given, str):
        try:
            override = parse_override(f"{key}={given}")
        except HydraException as error:
            said = str(error).split("\n", 1)[0].rstrip(".")
            raise _wrong(file, loc, f"`{given}` cannot be read: {said}") from error
        if (bounds := bounds_of(override)) and bounds.low < bounds.high:
            if bounds.log and bounds.low <= 0:
                raise _wrong(file, loc, f"`{given}`: the size of 0 and less is not known")
            if bounds.log and bounds.step is not None and not bounds.is_every_whole_number:
                what = f"`{given}`: where their size counts, numbers have no step between them"
                raise _wrong(file, loc, what, "Write tag(log,interval(…)), or a range(…) by 1.")
            return Dimension(key, bounds=bounds)
        raise _wrong(file, loc, f"`{given}` has no two values to choose from")
    raise _wrong(file, loc, "it has no values to choose from")


def corners(dimensions: list[Dimension]) -> list[Mapping[str, Any]]:
    """Give points that have every choice and every bound once: where they compose, all should.

    Args:
        dimensions: The dimensions.
    """
    first = {one.key: one.corners[0] for one in dimensions}
    others = [{**first, one.key: value} for one in dimensions for value in one.corners[1:]]
    return [first, *others]


def stands_alone(file: SweepFile, sweep: Sweep) -> None:
    """Refuse a search beside a list of points.

    Args:
        file: The sweep file.
        sweep: What it says.

    Raises:
        SpaceError: There are both.
    """
    for name in ("over", "points", "pairs", "where", "baseline"):
        if getattr(sweep, name):
            what = "it stands beside `search`, which makes the points itself"
            raise _wrong(file, (name,), what, "Leave one of them out.")
    if sweep.repeat > 1:
        raise _wrong(file, ("repeat",), "a search runs each point once", "Leave it out.")
    if len(sweep.recipes) > 1:
        raise _wrong(file, ("recipe",), "a search is of one recipe", "Name one.")
    if sweep.search and sweep.search.prune and len(sweep.search.objectives) > 1:
        what = "it takes one objective, and there are several"
        raise _wrong(file, ("search", "prune"), what, "Leave it out, or name one objective.")


def _wrong(file: SweepFile, loc: Loc, what: str, remedy: str = _FORM) -> SpaceError:
    message = f"`{'.'.join(map(str, loc))}`: {what}."
    return SpaceError(Finding("bad-sweep", message, remedy, loc, file.place(loc)))
