"""What the command line asks for: which recipe, and which values it sets, made plain for Hydra."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isinf
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Override

from runner.findings import Finding, Loc
from runner.recipe.composing.config_source import GROUP, quoted
from runner.recipe.composing.overrides import COMMAND_LINE, parse
from runner.recipe.judging.explain import unknown_key
from runner.recipe.language.models import Recipe
from runner.recipe.language.schema import (
    SETTINGS,
    Annotation,
    annotation_at,
    fields,
    is_free,
    takes_text_only,
    value_at,
)
from runner.recipe.reading.shelf import SUFFIX, Shelf, is_lock, not_a_recipe, unknown_recipe
from runner.spelling import did_you_mean, nearest


@dataclass(frozen=True)
class Setting:
    """A value that the command line sets or deletes.

    Args:
        loc: Its path.
        override: The override as typed.
        hydra: The override as Hydra shall take it.
        value: The value; None for a deletion.
        deletes: Whether it deletes.
    """

    loc: Loc
    override: str
    hydra: str
    value: Any = None
    deletes: bool = False


@dataclass
class Request:
    """A command line, read.

    Args:
        shelf: Where recipes are, the folder of a recipe given by its file first.
        name: The recipe's name; empty where none was given.
        others: The overrides beside the recipe.
        findings: What is wrong so far.
    """

    shelf: Shelf
    name: str = ""
    others: list[Override] = field(default_factory=list[Override])
    findings: list[Finding] = field(default_factory=list[Finding])

    def find(self, code: str, message: str, remedy: str = "", loc: Loc = ()) -> None:
        """Add a finding about the command line."""
        self.findings.append(Finding(code, message, remedy, loc, COMMAND_LINE))


def read_request(overrides: Sequence[str], shelf: Shelf) -> Request:
    """Find the recipe a command line names, and refuse what no recipe can answer.

    Args:
        overrides: The overrides as typed.
        shelf: Where recipes are.
    """
    parsed, findings = parse(overrides)
    request = Request(shelf, findings=findings)
    chosen: list[Override] = []
    misspelt = False
    for override in parsed:
        key, text = override.key_or_group, override.input_line or ""
        if override.is_sweep_override():
            remedy = "Add -m to run every combination, or quote the value if it is one."
            request.find("sweep-without-multirun", f"`{text}` stands for several values.", remedy)
        elif key.split(".")[0].split("/")[0] == "hydra":
            remedy = "Use out=DIR for the output folder, and -m for sweeps."
            request.find("forbidden-override", f"`{text}`: the runner runs by itself.", remedy)
        elif key == GROUP:
            chosen.append(override)
        elif _is_misspelt_group(override):
            misspelt = True
            remedy = f"Did you mean `+{GROUP}={override.get_value_string()}`?"
            request.find("unknown-group", f"`{text}`: there is no `{key}`.", remedy)
        elif override.package is not None or "/" in key:
            remedy = "Write key=value with the path of a field, such as source.revision=main."
            request.find("unknown-group", f"`{text}`: there is no group `{key}`.", remedy)
        else:
            request.others.append(override)
    if chosen or not (misspelt or findings):
        _choose(request, chosen)
    return request


def _is_misspelt_group(override: Override) -> bool:
    key = override.key_or_group
    known = [GROUP, *fields(Recipe), "out", "device"]
    near = nearest(key.split("/")[0], known) == [GROUP]
    return near and isinstance(override.value(), str) and "." not in key


def _choose(request: Request, chosen: Sequence[Override]) -> None:
    if not chosen:
        remedy = f"Write +{GROUP}=NAME. {request.shelf.suggest('')}".rstrip()
        request.find("missing-recipe", "No recipe is named.", remedy)
        return
    override, value = chosen[0], chosen[0].value()
    if len(chosen) > 1:
        request.find("bad-override", f"`+{GROUP}` is given {len(chosen)} times.", "Give one.")
    elif not isinstance(value, str) or not value or override.package is not None:
        message = f"`{override.input_line}` names no recipe."
        request.find("bad-override", message, f"Write +{GROUP}=NAME.")
    elif not override.is_add():
        message = f"`{override.input_line}`: a recipe is added."
        request.find("unknown-group", message, f"Write `+{GROUP}={value}`.")
    else:
        _name(request, value)


def _name(request: Request, value: str) -> None:
    file = Path(value)
    if is_lock(file) and file.is_file():
        request.findings.append(not_a_recipe(file).at(COMMAND_LINE))
    elif value.endswith(SUFFIX) and file.is_file():
        request.shelf, request.name = request.shelf.first(file)
    elif request.shelf.find(value):
        request.name = value.removesuffix(SUFFIX)
    else:
        request.findings.append(unknown_recipe(request.shelf, value).at(COMMAND_LINE))


def settings_of(request: Request, values: Mapping[str, Any]) -> Iterator[Setting]:
    """Turn the overrides into values of the recipe or settings of the run.

    Args:
        request: The command line; what is wrong is added to its findings.
        values: What the recipe's files say.
    """
    known: dict[str, Any] = dict(values)
    for override in request.others:
        setting = _setting(request, override, known)
        if setting is not None:
            known = with_value(known, setting)
            yield setting


def _setting(request: Request, override: Override, values: dict[str, Any]) -> Setting | None:
    loc = _loc(override.key_or_group, values)
    text, key = override.input_line or "", override.key_or_group
    annotation = SETTINGS.get(loc) or annotation_at(loc, values)
    given = _is_given(values, loc)
    if annotation is None:
        request.findings.append(_unknown(loc, values).at(COMMAND_LINE))
        return None
    if override.is_delete():
        if given:
            return Setting(loc, text, text, deletes=True)
        request.find("unknown-key", f"`{text}`: the recipe does not say `{key}`.", "", loc)
        return None
    around = annotation_at(loc[:-1], values)
    adds = override.is_add() or override.is_force_add()
    if loc not in SETTINGS and is_free(around, value_at(values, loc[:-1])) and not given | adds:
        request.findings.append(_not_there(loc, override, values))
        return None
    long_form = loc[:1] == ("params",) and len(loc) == 2 and isinstance(value_at(values, loc), dict)
    value, written = _value(override, annotation)
    if long_form and not isinstance(value, dict):
        loc, key = (*loc, "default"), f"{key}.default"
    return Setting(loc, text, f"++{key}={written}", value)


def _loc(key: str, values: dict[str, Any]) -> Loc:
    loc: Loc = ()
    for part in key.split("."):
        is_item = isinstance(value_at(values, loc), list) and part.isdigit()
        loc = (*loc, int(part) if is_item else part)
    return loc


def _value(override: Override, annotation: Annotation) -> tuple[Any, str]:
    """A number or boolean for a field that takes text is the text as typed."""
    value, written = override.value(), override.get_value_string()
    is_text = isinstance(value, bool | int | float) and takes_text_only(annotation)
    overflows = isinstance(value, float) and isinf(value) and "inf" not in written.casefold()
    if is_text or overflows:
        return written.strip(), quoted(written.strip())
    return value, written


def _is_given(values: dict[str, Any], loc: Loc) -> bool:
    around, key = value_at(values, loc[:-1]), loc[-1]
    if isinstance(around, list):
        return isinstance(key, int) and key < len(around)
    return isinstance(around, dict) and key in around


def _unknown(loc: Loc, values: dict[str, Any]) -> Finding:
    """Name the first part of a path that the language does not have."""
    length = next(n for n in range(1, len(loc) + 1) if annotation_at(loc[:n], values) is None)
    finding = unknown_key(loc[:length], values)
    settings = [".".join(map(str, s)) for s in SETTINGS]
    if length == 1 or loc[0] == "tracking":
        hint = did_you_mean(".".join(map(str, loc)), [*settings, *fields(Recipe)])
        if hint:
            return Finding(finding.code, finding.message, hint, loc)
    return finding


def _not_there(loc: Loc, override: Override, values: dict[str, Any]) -> Finding:
    around, key = value_at(values, loc[:-1]), str(loc[-1])
    block = ".".join(map(str, loc[:-1]))
    message = f"`{key}` is not in `{block}` of the recipe."
    hint = did_you_mean(key, around if isinstance(around, dict) else ())
    remedy = f"{hint} To add it, write `+{override.input_line}`.".strip()
    return Finding("unknown-key", message, remedy, loc, COMMAND_LINE)


def with_value(values: dict[str, Any], setting: Setting) -> dict[str, Any]:
    """Copy plain values with one of them set or deleted, as Hydra will.

    Args:
        values: The values.
        setting: What to set.
    """
    copy: dict[str, Any] = dict(values)
    around: Any = copy
    for key in setting.loc[:-1]:
        inner = around[key] if _is_given({"_": around}, ("_", key)) else {}
        inner = (
            list(inner)
            if isinstance(inner, list)
            else dict(inner)
            if isinstance(inner, dict)
            else {}
        )
        around[key] = inner
        around = inner
    key = setting.loc[-1]
    if setting.deletes:
        around.pop(key)
    elif isinstance(setting.value, dict) and isinstance(around, dict) and key in around:
        before = around[key] if isinstance(around[key], dict) else {}
        around[key] = {**before, **setting.value}
    else:
        around[key] = setting.value
    return copy
