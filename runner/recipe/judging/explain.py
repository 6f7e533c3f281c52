"""What pydantic found, said so that the writer of the recipe understands it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from runner.findings import Finding, Fix, Loc
from runner.metrics import all_metrics
from runner.recipe.language.gates import FORM
from runner.recipe.language.models import Recipe
from runner.recipe.language.schema import (
    annotation_at,
    choices,
    known_keys,
    plain_loc,
    takes_text_only,
    value_at,
)
from runner.recipe.language.wording import block_named, unknown_key
from runner.sources import all_kinds
from runner.tasks import all_tasks
from runner.tasks.base import JSON
from runner.text.spelling import did_you_mean, one_of, slip
from runner.text.wording import described

Details = Mapping[str, Any]

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping: lines of `key: value`",
    "model_type": "a mapping: lines of `key: value`",
    "model_attributes_type": "a mapping: lines of `key: value`",
}
_PARAM_ERRORS = ("param_type", "param_default")


def explain(
    error: ValidationError,
    values: dict[str, Any],
    raw: Mapping[Loc, str],
    root: type[BaseModel] = Recipe,
) -> list[Finding]:
    """Turn validation errors into findings, without their places.

    Args:
        error: What pydantic raised for the recipe.
        values: The composed recipe.
        raw: The text of unquoted scalars that are not text, as written.
        root: The model of the whole, where it is no recipe.
    """
    found: dict[tuple[str, Loc], Finding] = {}
    for details in error.errors(include_url=False):
        loc = plain_loc(details["loc"], values, root)
        for finding in _explain(details, loc, values, raw, root):
            found.setdefault(_sameness(finding), finding)
    around = {f.loc[:length] for f in found.values() for length in range(len(f.loc))}
    return [finding for finding in found.values() if not _is_other_branch(finding, around)]


def _is_other_branch(finding: Finding, around: Collection[Loc]) -> bool:
    """Of a field that takes a word or a mapping, say only what is wrong inside the mapping."""
    return finding.code == "wrong-type" and finding.loc in around


def _sameness(finding: Finding) -> tuple[str, Loc]:
    """A field that takes one of several types fails for each of them: that is one finding."""
    code = "" if finding.code in ("wrong-type", "unknown-value", "unquoted-text") else finding.code
    return code, finding.loc


def _explain(
    details: Any, loc: Loc, values: dict[str, Any], raw: Mapping[Loc, str], root: type[BaseModel]
) -> Iterator[Finding]:
    kind, value = str(details["type"]), value_at(values, loc)
    name = ".".join(map(str, loc))
    if loc[-2:-1] and loc[-1] == "kind" and kind == "literal_error" and root is Recipe:
        kind, loc = "union_tag_invalid", loc[:-1]
    match kind:
        case "union_tag_not_found" | "union_tag_invalid" if _is_metric(details):
            yield _unknown_metric(loc, value)
        case "gate":
            message = f"`{name}`: {_quote(value)} is no condition."
            yield Finding("bad-gate", message, FORM, loc)
        case "extra_forbidden":
            yield unknown_key(loc, values, root)
        case "missing":
            yield Finding("missing-key", _missing(loc, values, root), "", loc)
        case "union_tag_not_found":
            message = f"`{name}` does not say its `kind`."
            yield Finding("missing-key", message, f"It is {_kinds()}.", (*loc, "kind"))
            yield from _unknown_to_all(loc, values)
        case "union_tag_invalid":
            given = value_at(values, (*loc, "kind"))
            message = f"{_quote(given)} is not a kind of source."
            remedy = did_you_mean(given, all_kinds()) or f"It is {_kinds()}."
            fix = _respelt(given, all_kinds())
            yield Finding("unknown-kind", message, remedy, (*loc, "kind"), fix=fix)
        case "unknown_task":
            remedy = did_you_mean(value, all_tasks()) or f"It is one of {', '.join(all_tasks())}."
            message, fix = f"{_quote(value)} is not a task.", _respelt(value, all_tasks())
            yield Finding("unknown-task", message, remedy, loc, fix=fix)
        case "literal_error":
            yield _unknown_value(loc, values, raw, root)
        case _ if kind in _WANTED:
            yield _wrong_type(_WANTED[kind], loc, values, raw, root)
        case _ if kind in _PARAM_ERRORS:
            yield Finding("bad-param", f"`{name}`: {details['msg']}.", "", loc)
        case _:
            message = f"`{name}`: {details['msg'][:1].lower()}{details['msg'][1:]}."
            yield Finding("bad-value", message, "", loc)


def _is_metric(details: Any) -> bool:
    return "name" in str(details.get("ctx", {}).get("discriminator", ""))


def _unknown_metric(loc: Loc, value: JSON) -> Finding:
    given = value.get("name") if isinstance(value, dict) else value
    if given is None:
        message = f"`{'.'.join(map(str, loc))}` does not say its `name`."
        return Finding("missing-key", message, "", (*loc, "name"))
    here = (*loc, "name") if isinstance(value, dict) else loc
    message = f"{_quote(given)} is not a metric."
    remedy = did_you_mean(given, all_metrics()) or f"It is one of {', '.join(all_metrics())}."
    return Finding("unknown-metric", message, remedy, here, fix=_respelt(given, all_metrics()))


def _respelt(value: JSON, known: Iterable[str]) -> Fix | None:
    meant = slip(value, known)
    return Fix(str(value), meant) if meant else None


def _unknown_to_all(loc: Loc, values: dict[str, Any]) -> Iterator[Finding]:
    block = value_at(values, loc)
    if isinstance(block, dict):
        known = known_keys(annotation_at(loc, values), block)
        yield from (unknown_key((*loc, key), values) for key in block if key not in known)


def _missing(loc: Loc, values: dict[str, Any], root: type[BaseModel]) -> str:
    around = loc[:-1]
    owner = block_named(around, value_at(values, around), root)
    return f"`{loc[-1]}` is missing: {owner} needs one."


def _unknown_value(
    loc: Loc, values: dict[str, Any], raw: Mapping[Loc, str], root: type[BaseModel]
) -> Finding:
    value, known = value_at(values, loc), choices(annotation_at(loc, values, root))
    name = ".".join(str(key) for key in loc if isinstance(key, str))
    if isinstance(value, dict | list) or value is None:
        return _wrong_type(f"one of {', '.join(known)}", loc, values, raw, root)
    written = raw.get(loc, value)
    remedy = did_you_mean(written, known) or f"It is one of {', '.join(known)}."
    message, fix = f"`{name}` cannot be {_quote(written)}.", _respelt(written, known)
    return Finding("unknown-value", message, remedy, loc, fix=fix)


def _wrong_type(
    wanted: str, loc: Loc, values: dict[str, Any], raw: Mapping[Loc, str], root: type[BaseModel]
) -> Finding:
    value, name = value_at(values, loc), ".".join(map(str, loc))
    if value is None:
        return Finding("wrong-type", f"`{name}` is empty; it takes {wanted}.", "", loc)
    if loc in raw and takes_text_only(annotation_at(loc, values, root)):
        what = "a boolean" if isinstance(value, bool) else "a number"
        message = f"`{name}` is text, but {raw[loc]} without quotes is {what}."
        written = f'{loc[-1]}: "{raw[loc]}"' if isinstance(loc[-1], str) else f'"{raw[loc]}"'
        fix = Fix(raw[loc], f'"{raw[loc]}"')
        return Finding("unquoted-text", message, f"Write {written}.", loc, fix=fix)
    message = f"`{name}` takes {wanted}, not {described(value)}."
    return Finding("wrong-type", message, "", loc)


def _quote(value: JSON) -> str:
    return f"`{value}`" if isinstance(value, str) else described(value)


def _kinds() -> str:
    return one_of(all_kinds())
