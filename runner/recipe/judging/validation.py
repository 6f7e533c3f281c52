"""Validation: composed values into a recipe, or everything that is wrong with them."""

import copy
from collections.abc import Collection, Iterable
from typing import Any

from pydantic import ValidationError

from runner.findings import Finding, Loc, Severity
from runner.recipe.composing.layers import OPEN, Layered
from runner.recipe.judging.checks import Subject, check_all
from runner.recipe.judging.explain import explain
from runner.recipe.language.models import Recipe
from runner.recipe.language.schema import value_at

_REFUSED = ("forbidden-key", "interpolation")


def validate(
    layered: Layered, before: Iterable[Finding] = (), *, base: bool = False
) -> tuple[Recipe | None, list[Finding]]:
    """Validate the values of a recipe.

    Args:
        layered: The values and where they are from.
        before: What was found in the files already; values refused there are not looked at again.
        base: The recipe only exists for others to extend: what it leaves open is no finding, and
            it is not checked as a whole.

    Returns:
        The recipe, None where the values do not make one; and every finding, with its place.
    """
    left_open = list(_left_open(layered.values, ()))
    findings = [*layered.findings, *left_open]
    refused = {f.loc for f in (*before, *layered.findings) if f.code in _REFUSED}
    known = refused | {finding.loc for finding in findings}
    values = _without(layered.values, known)
    recipe, found = _parse(values, layered.raw)
    findings += [f for f in found if f.loc not in known]
    if base:
        findings = [f for f in findings if f.code != "missing-key"]
    else:
        whole = recipe or _salvage(values, found)
        checked = check_all(Subject(whole, lambda loc: layered.origin(loc).folder)) if whole else ()
        broken = refused | {finding.loc for finding in findings}
        findings += [f for f in checked if not _is_inside(f.loc, broken)]
    placed = [f if f.place else f.at(layered.origin(f.loc).place) for f in findings]
    whole_and_right = not (any(map(_stops, layered.findings)) or left_open)
    return (recipe if whole_and_right else None), placed


def _parse(values: dict[str, Any], raw: dict[Loc, str]) -> tuple[Recipe | None, list[Finding]]:
    try:
        return Recipe.model_validate(values), []
    except ValidationError as error:
        return None, explain(error, values, raw)


def _salvage(values: dict[str, Any], findings: Iterable[Finding]) -> Recipe | None:
    """Leave out what is wrong, so that the rest can be checked in the same go."""
    return _parse(_without(values, {finding.loc for finding in findings}), {})[0]


def _without(values: dict[str, Any], locs: Collection[Loc]) -> dict[str, Any]:
    if not locs:
        return values
    kept = copy.deepcopy(values)
    for loc in locs:
        around: Any = kept
        for key in loc[:-1]:
            around = value_at(around, (key,))
        if loc and isinstance(around, dict):
            around.pop(loc[-1], None)
    return kept


def _left_open(value: Any, loc: Loc) -> Iterable[Finding]:
    match value:
        case dict():
            for key, item in value.items():
                yield from _left_open(item, (*loc, key))
        case list():
            for index, item in enumerate(value):
                yield from _left_open(item, (*loc, index))
        case str() if value == OPEN:
            name = ".".join(map(str, loc))
            message = f"`{name}` is left open (`{OPEN}`) for whoever extends the recipe."
            yield Finding("missing-key", message, f"Give it, here or as `{name}=…`.", loc)
        case _:
            pass


def _stops(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR


def _is_inside(loc: Loc, broken: set[Loc]) -> bool:
    return any(loc[:length] in broken for length in range(len(loc) + 1))
