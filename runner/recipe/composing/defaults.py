"""Defaults lists: which recipes a recipe extends, and which groups it takes blocks from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runner.findings import Finding, Loc
from runner.recipe.language.schema import is_block_at
from runner.recipe.reading.strict_yaml import Document

SELF = "_self_"
_RECIPES = "/recipe/"
_OVERRIDE = "override "
_OPTIONAL = "optional "
_RECIPE_REMEDY = "Write the name of a recipe, such as `/recipe/text-generation/scratch`."
_GROUP_REMEDY = "Write a group and the name of a file in it, such as `/evaluation: quick`."


@dataclass(frozen=True)
class Extends:
    """An entry that names a recipe, or of a group's file another file of the group.

    Args:
        name: Its name, from the root of the recipes (``/text/base``) or relative.
        loc: Where the entry stands in the file.
    """

    name: str
    loc: Loc


@dataclass(frozen=True)
class Takes:
    """An entry that takes a block from files of a group: ``/evaluation: quick``.

    Args:
        group: The block's path, such as ``("evaluation",)``.
        names: Names of the files, in merge order; none where the choice is left to others.
        loc: Where the entry stands in the file.
        replaces: Whether it replaces the choice that a recipe further down made.
    """

    group: tuple[str, ...]
    names: tuple[str, ...]
    loc: Loc
    replaces: bool = False


Entry = Extends | Takes | None
"""One entry of a defaults list; None for the file itself."""


def defaults_of(document: Document) -> tuple[list[Entry], list[Finding]]:
    """Read the defaults list of a file.

    Args:
        document: The file as read.

    Returns:
        The entries that may stand there, the file itself exactly once, and findings for those that
        may not. Without a ``_self_`` the file itself comes last, as Hydra has it.
    """
    written = document.values.get("defaults", [])
    if not isinstance(written, list):
        message = "`defaults` is a list of recipes to extend."
        place = document.places[("defaults",)]
        return [None], [Finding("bad-default", message, "", ("defaults",), place)]
    entries: list[Entry] = []
    findings: list[Finding] = []
    for index, item in enumerate(written):
        loc: Loc = ("defaults", index)
        for found in _entry(item, loc):
            if isinstance(found, Finding):
                findings.append(found.at(document.places[loc]))
            elif found is None and None in entries:
                message = f"`{SELF}` stands in `defaults` twice."
                findings.append(
                    Finding("bad-default", message, "Keep one.", loc, document.places[loc])
                )
            else:
                entries.append(found)
    return entries if None in entries else [*entries, None], findings


def _entry(item: Any, loc: Loc) -> Iterator[Entry | Finding]:
    match item:
        case str() if item == SELF:
            yield None
        case str():
            why = _refused_name(item)
            yield Finding("bad-default", why, _RECIPE_REMEDY, loc) if why else _extends(item, loc)
        case dict() if len(item) == 1:
            ((key, value),) = item.items()
            is_recipe = key == _RECIPES.rstrip("/") and isinstance(value, str)
            yield from _entry(f"{_RECIPES}{value}", loc) if is_recipe else [_group(key, value, loc)]
        case _:
            message = "An entry of `defaults` is the name of a recipe, or a group with a name."
            yield Finding("bad-default", message, _RECIPE_REMEDY, loc)


def _extends(item: str, loc: Loc) -> Extends:
    absolute = item.startswith(_RECIPES)
    return Extends(f"/{item.removeprefix(_RECIPES)}" if absolute else item, loc)


def _refused_name(item: str) -> str:
    if item.startswith(_OPTIONAL):
        return f"`{item}`: a recipe extends what is there, so `optional` is not taken."
    if item.startswith(_OVERRIDE):
        return f"`{item}`: `override` is for groups, such as `override /evaluation: quick`."
    if "${" in item or "@" in item:
        return f"`{item}`: `${{` and `@` are not taken in `defaults`."
    if ".." in item.split("/"):
        return f"`{item}`: `..` is not taken in `defaults`."
    if item.startswith("/") and not item.startswith(_RECIPES):
        return f"`{item}` is not a recipe."
    return ""


def _group(key: str, value: Any, loc: Loc) -> Takes | Finding:
    replaces = key.startswith(_OVERRIDE)
    group = key.removeprefix(_OVERRIDE).strip()
    names = [] if value is None else value if isinstance(value, list) else [value]
    if why := _refused_group(key, group, names):
        return Finding("bad-default", why, _GROUP_REMEDY, loc)
    return Takes(tuple(group.strip("/").split("/")), tuple(map(str, names)), loc, replaces)


def _refused_group(key: str, group: str, names: list[Any]) -> str:
    if group.startswith(_OPTIONAL):
        return f"`{key}`: `optional` is not taken."
    if "${" in group or "@" in group:
        return f"`{key}`: `${{` and `@` are not taken in `defaults`."
    if not group.startswith("/"):
        return f"`{key}`: a group is named from the root, `/{group}`."
    if not is_block_at(tuple(group.strip("/").split("/"))):
        return f"`{group}` is not a block of a recipe, so there is no group of that name."
    if not all(isinstance(name, str) and name for name in names):
        return f"`{key}` takes the name of a file, or a list of names."
    return ""
