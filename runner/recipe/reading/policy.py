"""What a recipe may not say: a recipe is data, so nothing in it may run or reach outside it."""

import re
from collections.abc import Iterator
from typing import Any

from runner.findings import Finding, Loc
from runner.recipe.reading.literal_text import is_literal
from runner.recipe.reading.references import only_references
from runner.recipe.reading.strict_yaml import Document

_INSTANTIATE_KEY = re.compile(r"_[a-z]\w*_")
_HEADER = re.compile(r"#\s*@")
_RUN_SETTINGS: dict[Loc, str] = {
    ("out",): "out=DIR",
    ("device",): "device=auto|cpu|cuda:0",
    ("tracking", "uri"): "tracking.uri=URI|null",
    ("policy",): "policy.licenses.deny=[LICENCE,…]",
}


def forbidden(document: Document) -> Iterator[Finding]:
    """Find what the document says that no recipe may.

    Args:
        document: A recipe file as read.

    Yields:
        Findings with their places.
    """
    for finding in (*_header(document), *_settings(document), *_walk(document.values, ())):
        place = document.places.get(finding.loc, document.places[()])
        yield finding if finding.place else finding.at(place)


def _header(document: Document) -> Iterator[Finding]:
    for line in document.header:
        if _HEADER.match(line):
            message = f"A recipe takes no Hydra header (`{line}`)."
            yield Finding("forbidden-key", message, "Leave the line out.")


def _settings(document: Document) -> Iterator[Finding]:
    values = document.values
    if "hydra" in values:
        message = "`hydra` configures the program, not a model."
        yield Finding("forbidden-key", message, "Leave it out.", ("hydra",))
    for loc, instead in _RUN_SETTINGS.items():
        block: Any = values if len(loc) == 1 else values.get(str(loc[0]))
        if isinstance(block, dict) and loc[-1] in block:
            message = f"`{'.'.join(map(str, loc))}` belongs to the run, not to the recipe."
            yield Finding("forbidden-key", message, f"Give it on the command line: {instead}.", loc)


def _walk(value: Any, loc: Loc) -> Iterator[Finding]:
    match value:
        case dict():
            for key, item in value.items():
                if (*loc, key) in (("hydra",), ("defaults",)):
                    continue
                if _INSTANTIATE_KEY.fullmatch(key):
                    message = f"`{key}` would name code to run; a recipe is data."
                    yield Finding("forbidden-key", message, "Leave it out.", (*loc, key))
                yield from _walk(item, (*loc, key))
        case list():
            for index, item in enumerate(value):
                yield from _walk(item, (*loc, index))
        case str() if not is_literal(loc) and not only_references(value):
            message = (
                f"`{value}` is not taken here: `${{` may only refer to another field of the "
                "recipe, as in `${task}` or `${source.repo}`."
            )
            yield Finding("interpolation", message, "Write the value itself.", loc)
        case _:
            pass


def bases(document: Document) -> tuple[list[str], list[Finding]]:
    """Read the defaults list of a recipe.

    Args:
        document: A recipe file as read.

    Returns:
        The entries that may stand there, ``_self_`` among them exactly once, and findings for
        those that may not. Without a ``_self_`` the recipe itself comes last, as Hydra has it.
    """
    entries = document.values.get("defaults", [])
    if not isinstance(entries, list):
        message = "`defaults` is a list of recipes to extend."
        place = document.places[("defaults",)]
        return ["_self_"], [Finding("bad-default", message, "", ("defaults",), place)]
    names: list[str] = []
    findings: list[Finding] = []
    for index, entry in enumerate(entries):
        if why := _refusal(entry, names):
            remedy = "Write the name of a recipe, such as `/recipe/text-generation/scratch`."
            loc: Loc = ("defaults", index)
            findings.append(Finding("bad-default", why, remedy, loc, document.places[loc]))
        else:
            names.append(entry)
    return names if "_self_" in names else [*names, "_self_"], findings


def _refusal(entry: Any, before: list[str]) -> str:
    if not isinstance(entry, str):
        return "An entry of `defaults` is the name of a recipe, nothing else."
    if entry == "_self_":
        return "`_self_` stands in `defaults` twice." if entry in before else ""
    if "${" in entry or "@" in entry:
        return f"`{entry}`: `${{` and `@` are not taken in `defaults`."
    if ".." in entry.split("/"):
        return f"`{entry}`: `..` is not taken in `defaults`."
    if entry.startswith("/") and not entry.startswith("/recipe/"):
        return f"`{entry}` is not a recipe."
    return ""
