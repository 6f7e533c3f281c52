"""What the command line changes: its values put over those of the files, like one more file."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isinf
from pathlib import Path
from typing import Any, cast

from runner.findings import Finding, Loc, Severity
from runner.recipe.composing.layers import Layered, Origin, Put, delete
from runner.recipe.composing.overrides import COMMAND_LINE
from runner.recipe.composing.written import NOWHERE, origin_of
from runner.recipe.language.models import Recipe
from runner.recipe.language.schema import (
    SETTINGS,
    annotation_at,
    fields,
    is_free,
    takes_text_only,
    value_at,
)
from runner.recipe.language.wording import unknown_key
from runner.recipe.reading.literal_text import map_texts
from runner.recipe.reading.policy import forbidden_values
from runner.recipe.reading.scalars import core_scalar
from runner.text.spelling import did_you_mean
from runner.text.wording import counted, described
from runner.upstream.hydra_api import Override

_ESCAPE = re.compile(r"\\[nrt]")
_FREE_TEXT = (("prompt_template",), ("description",), ("input_example",), ("evaluation", "inputs"))


@dataclass(frozen=True)
class _Change:
    """A value to set or delete, at its path."""

    loc: Loc
    override: Override

    @property
    def text(self) -> str:
        return self.override.input_line or ""

    @property
    def key(self) -> str:
        return self.override.key_or_group

    @property
    def adds(self) -> bool:
        return self.override.is_add() or self.override.is_force_add()


def apply_changes(
    overrides: Sequence[Override],
    layered: Layered,
    settings: Layered,
    written: Mapping[str, Origin] = NOWHERE,
) -> None:
    """Put what the command line says over the values of the files and the settings.

    Whether a path is one of the language is asked once all is in place, so the order in which a
    kind and its fields are given does not count.

    Args:
        overrides: The overrides, parsed.
        layered: The values of the recipe; they are changed, and findings are added.
        settings: The settings of the run, likewise.
        written: Where an override was written, by its text, that is not of the command line.
    """
    usable: list[Override] = []
    for override in overrides:
        origin = origin_of(override.input_line or "", written)
        wrong = [finding.at(origin.place) for finding in _keys_not_text(override.value())]
        layered.findings += wrong
        usable += [] if wrong else [override]
    final = _kinds_in_place(usable, layered.values)
    for override in usable:
        change = _change(override, layered.values)
        into = settings if change.loc in SETTINGS else layered
        origin = origin_of(change.text, written)
        found = _apply(change, into, final, origin)
        into.findings += [f if f.place else f.at(origin.place) for f in found]


def _keys_not_text(value: Any) -> Iterator[Finding]:
    """Find the keys that a file could not have either."""
    if isinstance(value, dict):
        for key in cast("dict[Any, Any]", value):
            if not isinstance(key, str):
                text = json.dumps(key)
                yield Finding("bad-key", f"The key `{text}` is not text.", f'Write "{text}".')
        value = list(cast("dict[Any, Any]", value).values())
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _keys_not_text(item)


def _kinds_in_place(overrides: Sequence[Override], values: dict[str, Any]) -> dict[str, Any]:
    """Give the values with the kinds that the changes set: they say which fields there are."""
    preview = Layered(map_texts(values, lambda _, text: text))
    put = Put(preview, lambda _: Origin(COMMAND_LINE, Path()))
    for override in overrides:
        change = _change(override, preview.values)
        value = None if override.is_delete() else override.value()
        is_kind = change.loc[-1] == "kind" or isinstance(value, dict)
        if is_kind and annotation_at(change.loc[:-1], preview.values) is not None:
            put.value(change.loc, value)
    return preview.values


def _change(override: Override, values: dict[str, Any]) -> _Change:
    """Find what an override changes: a number is an item where a list is, else a name."""
    loc: Loc = ()
    for part in override.key_or_group.split("."):
        is_item = isinstance(value_at(values, loc), list) and part.isdigit()
        loc = (*loc, int(part) if is_item else part)
    return _Change(loc, override)


def _apply(
    change: _Change, into: Layered, final: dict[str, Any], origin: Origin
) -> Iterator[Finding]:
    loc = change.loc
    annotation = SETTINGS.get(loc) or annotation_at(loc, final)
    given = _is_given(into.values, loc)
    if change.override.is_delete() and loc in SETTINGS:
        remedy = f"Write {change.key}=VALUE."
        yield Finding("bad-override", f"`{change.text}`: a run cannot be without it.", remedy, loc)
        return
    if change.override.is_delete() and given:
        yield from _delete(change, into)
        return
    if annotation is None:
        yield _beyond_a_list(loc, into.values) or _unknown(loc, final)
        return
    if change.override.is_delete():
        message = f"`{change.text}`: the recipe does not say `{change.key}`."
        yield Finding("unknown-key", message, "", loc)
        return
    if refused := _not_there(change, into.values, final, given=given):
        yield refused
        return
    value = _value(change.override, takes_text_only(annotation))
    yield from _refused_value(loc, value)
    Put(into, lambda _: origin).value(loc, value)


def _delete(change: _Change, into: Layered) -> Iterator[Finding]:
    there, wanted = value_at(into.values, change.loc), change.override.value()
    if "=" in change.text and wanted != there:
        message = f"`{change.text}`: `{change.key}` is {described(there)}."
        remedy = f"Write `~{change.key}` to delete it whatever it is."
        yield Finding("bad-override", message, remedy, change.loc)
    else:
        delete(into, change.loc)


def _value(override: Override, text_only: bool) -> Any:
    """Give the value; a number or boolean for a field that takes text is the text as typed."""
    value, written = override.value(), override.get_value_string()
    is_text = isinstance(value, bool | int | float) and text_only
    return written.strip() if is_text or _overflows(value, written) else value


def _overflows(value: Any, written: str) -> bool:
    """Tell whether a number is too large to be one, as it is in a file."""
    if isinstance(value, float):
        return isinf(value) and "inf" not in written.casefold()
    return isinstance(value, int) and isinstance(core_scalar(str(value)), str)


def _refused_value(loc: Loc, value: Any) -> Iterator[Finding]:
    nested: Any = value
    for key in reversed(loc):
        nested = {str(key): nested}
    if loc in SETTINGS:
        if isinstance(value, str) and "${" in value:
            message = f"`{value}` is taken as it is: settings refer to nothing."
            yield Finding("interpolation", message, "Write the value itself.", loc)
        return
    yield from forbidden_values(nested)
    if any(loc[: len(free)] == free for free in _FREE_TEXT) and _ESCAPE.search(str(value)):
        found = _ESCAPE.findall(str(value))[0]
        message = f"`{'.'.join(map(str, loc))}` holds a backslash and a letter: `{found}`."
        remedy = "Let the shell write the character, as in $'…\\n…', or say it in a recipe file."
        yield Finding("literal-backslash", message, remedy, loc, severity=Severity.WARNING)


def _is_given(values: dict[str, Any], loc: Loc) -> bool:
    around, key = value_at(values, loc[:-1]), loc[-1]
    if isinstance(around, list):
        return isinstance(key, int) and key < len(around)
    return isinstance(around, dict) and key in around


def _unknown(loc: Loc, values: dict[str, Any]) -> Finding:
    """Name the first part of a path that the language does not have."""
    for setting in SETTINGS:
        if loc[: len(setting)] == setting:
            name = ".".join(map(str, setting))
            message = f"`{name}` is one value, and has no `{loc[len(setting)]}`."
            return Finding("unknown-key", message, f"Write {name}=VALUE.", loc)
    length = next(n for n in range(1, len(loc) + 1) if annotation_at(loc[:n], values) is None)
    finding = unknown_key(loc[:length], values)
    settings = [".".join(map(str, s)) for s in SETTINGS]
    if length == 1 or loc[0] == "tracking":
        hint = did_you_mean(".".join(map(str, loc)), [*settings, *fields(Recipe)])
        if hint:
            return Finding(finding.code, finding.message, hint, loc)
    return finding


def _not_there(
    change: _Change, values: dict[str, Any], final: dict[str, Any], *, given: bool
) -> Finding | None:
    """Find a value that is changed where there is none, and nothing says that it is to be added."""
    loc, around = change.loc, value_at(values, change.loc[:-1])
    block = ".".join(map(str, loc[:-1]))
    if given:
        return None
    if beyond := _beyond_a_list(loc, values):
        return beyond
    free = loc not in SETTINGS and is_free(annotation_at(loc[:-1], final), around)
    if change.adds or not free:
        return None
    message = f"`{loc[-1]}` is not in `{block}` of the recipe."
    hint = did_you_mean(str(loc[-1]), around if isinstance(around, dict) else ())
    remedy = f"{hint} To add it, write `+{change.text}`.".strip()
    return Finding("unknown-key", message, remedy, loc)


def _beyond_a_list(loc: Loc, values: dict[str, Any]) -> Finding | None:
    """Find an item on the path that its list does not have."""
    for depth in range(len(loc)):
        around = value_at(values, loc[:depth])
        if isinstance(around, list) and not _is_given(values, loc[: depth + 1]):
            block, items = ".".join(map(str, loc[:depth])), counted(len(around), "item")
            message = f"`{block}` has {items}, counted from 0, and no `{loc[depth]}`."
            return Finding("unknown-key", message, f"Write the list whole: {block}=[…].", loc)
    return None
