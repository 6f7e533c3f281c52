"""The points of a sweep file: every combination of its axes that its ``where`` holds for."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from runner.findings import Finding, Loc, RecipeError
from runner.recipe.compose import naming
from runner.recipe.composing.layers import Origin
from runner.recipe.composing.overrides import MOST_POINTS
from runner.recipe.language.sweep import OPTIONS_OF_FILES, Search, Sweep
from runner.recipe.reading.shelf import SUFFIX
from runner.recipe.sweeping.axes import Alternative, AxisError, axes_of, setting_of
from runner.recipe.sweeping.files import SweepFile
from runner.recipe.sweeping.space import SpaceError, corners, space_of, stands_alone
from runner.text.spelling import did_you_mean
from runner.where import WhereError, parse

_RECIPE = "recipe"
_PLAIN = re.compile(r"[\w.,:+@/-]+", re.ASCII)


@dataclass(frozen=True)
class Combination:
    """A point as a sweep file has it.

    Args:
        recipe: The name of its recipe.
        values: Its values by dotted key.
        overrides: The overrides that say them.
    """

    recipe: str
    values: Mapping[str, Any]
    overrides: tuple[str, ...]

    @property
    def request(self) -> tuple[str, ...]:
        """What the command line would say of it."""
        return (naming(self.recipe), *self.overrides)


@dataclass(frozen=True)
class Expanded:
    """The points of a sweep file.

    Args:
        combinations: The points, the last axis varying fastest.
        written: Where each override was written, by its text.
    """

    combinations: tuple[Combination, ...]
    written: Mapping[str, Origin]


def expand_sweep(file: SweepFile) -> Expanded:
    """Give the points of a sweep file, not composed yet.

    Args:
        file: The file as read.

    Raises:
        RecipeError: With everything that is wrong with it, each finding with its place.
    """
    if file.sweep is None:
        raise RecipeError(file.findings)
    axes, findings = axes_of(file, file.sweep)
    if file.sweep.search:
        axes = _of_search(file, file.sweep, file.sweep.search)
    findings = [*_files_named(file, file.sweep), *_options(file, file.sweep), *findings]
    if findings:
        raise RecipeError(findings)
    count = prod(map(len, axes)) * len(file.sweep.recipes)
    if count > MOST_POINTS:
        message = f"The sweep has more than {MOST_POINTS} points, which are the most."
        raise _wrong(file, message, (), "Leave some out, or split the file.")
    found = _wanted(file, file.sweep, _combinations(file.sweep, axes))
    _check_baseline(file, file.sweep, found)
    folder = file.document.path.parent
    settings = (one for axis in axes for alternative in axis for one in alternative)
    written: dict[str, Origin] = {}
    for one in settings:
        written.setdefault(one.text, Origin(file.place(one.loc), folder))
    for number, recipe in enumerate(file.sweep.recipes):
        written[naming(recipe)] = Origin(file.place(("recipe", number)), folder)
    return Expanded(tuple(found), written)


def _of_search(file: SweepFile, sweep: Sweep, search: Search) -> list[list[Alternative]]:
    """Give the corners of a search's space: what composes there should do so everywhere."""
    try:
        stands_alone(file, sweep)
        found = corners(space_of(file, search))
        place = ("search", "space")
        return [[tuple(setting_of(k, v, (*place, k)) for k, v in point.items()) for point in found]]
    except SpaceError as error:
        raise RecipeError([error.finding]) from error
    except AxisError as error:
        raise RecipeError([error.finding.at(file.place(error.finding.loc))]) from error


def _files_named(file: SweepFile, sweep: Sweep) -> Iterator[Finding]:
    """Refuse files of recipes: a sweep file leads nowhere but to the folders of recipes."""
    for number, recipe in enumerate(sweep.recipes):
        if recipe.endswith(SUFFIX):
            message = f"`{recipe}`: a sweep file names a recipe, and no file."
            place = file.place(("recipe", number))
            yield Finding("bad-sweep", message, "Leave the suffix out.", ("recipe",), place)


def _options(file: SweepFile, sweep: Sweep) -> Iterator[Finding]:
    """Refuse options of a launcher that could run code, or send it elsewhere."""
    for key, value in sweep.launcher.options.items():
        loc = ("launcher", "options", key)
        plain = isinstance(value, int) or (isinstance(value, str) and _PLAIN.fullmatch(value))
        if key not in OPTIONS_OF_FILES or not plain:
            message = f"`launcher.options.{key}` is not taken from a sweep file."
            remedy = f"Give it on the command line: launcher.options.{key}=…."
            yield Finding("bad-sweep", message, remedy, loc, file.place(loc))


def _combinations(sweep: Sweep, axes: Sequence[list[Alternative]]) -> Iterable[Combination]:
    for recipe in sweep.recipes:
        for chosen in product(*axes):
            settings = [setting for alternative in chosen for setting in alternative]
            values = {setting.key: setting.value for setting in settings}
            yield Combination(
                recipe, {_RECIPE: recipe, **values}, tuple(setting.text for setting in settings)
            )


def _wanted(
    file: SweepFile, sweep: Sweep, combinations: Iterable[Combination]
) -> list[Combination]:
    """Leave out the points that the condition does not hold for."""
    found = list(combinations)
    if sweep.where is None:
        return found
    keys = dict.fromkeys(key for one in found for key in one.values)
    try:
        where = parse(sweep.where)
        for column in where.columns:
            if column not in keys:
                message = f"`where` asks for `{column}`, which the sweep does not vary."
                remedy = did_you_mean(column, keys) or f"It varies {', '.join(keys)}."
                raise _wrong(file, message, ("where",), remedy, code="bad-where")
        absent = dict.fromkeys(keys)
        found = [one for one in found if where.holds({**absent, **one.values})]
    except WhereError as error:
        message = f"`where` cannot be used: {str(error).rstrip('.')}."
        raise _wrong(file, message, ("where",), code="bad-where") from error
    if not found:
        raise _wrong(file, "`where` holds for no point.", ("where",), code="bad-where")
    return found


def _check_baseline(file: SweepFile, sweep: Sweep, points: Sequence[Combination]) -> None:
    keys = dict.fromkeys(key for one in points for key in one.values)
    for key in sweep.baseline:
        if key not in keys:
            message = f"`baseline` names `{key}`, which the sweep does not vary."
            raise _wrong(file, message, ("baseline", key), did_you_mean(key, keys))
    held = [one for one in points if holds(sweep.baseline, one.values)]
    if sweep.baseline and len(held) != 1:
        message = f"`baseline` is {'no point' if not held else f'{len(held)} points'} of the sweep."
        raise _wrong(file, message, ("baseline",), "Name the values of one.")


def holds(wanted: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Tell whether a point has all the values that are wanted.

    Args:
        wanted: Values by dotted key.
        values: What the point sets.
    """
    return all(key in values and values[key] == value for key, value in wanted.items())


def _wrong(
    file: SweepFile, message: str, loc: Loc, remedy: str = "", code: str = "bad-sweep"
) -> RecipeError:
    return RecipeError([Finding(code, message, remedy, loc, file.place(loc))])
