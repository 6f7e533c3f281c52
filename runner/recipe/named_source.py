"""A source as a command line names it: an option for each field that a kind has of it as text."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from pydantic import ValidationError

from runner.findings import Finding, RecipeError
from runner.recipe.composing.overrides import COMMAND_LINE
from runner.recipe.language.meanings import meanings_of
from runner.sources import Source, all_kinds
from runner.text.spelling import one_of

_TEXT: tuple[Any, ...] = (str, str | None)


@cache
def options() -> Mapping[str, str]:
    """Give the fields that an option may say, over all kinds, each with what it means to which."""
    meanings: dict[str, dict[str, list[str]]] = {}
    for kind, source in all_kinds().items():
        for field in _text_fields(source):
            means = meanings_of(source).get(field, "").rstrip(".")
            meanings.setdefault(field, {}).setdefault(means, []).append(kind)
    return MappingProxyType(
        {
            field: "; ".join(f"{', '.join(kinds)}: {text}" for text, kinds in said.items())
            for field, said in meanings.items()
        }
    )


def source_named(kind: str | None, given: Mapping[str, str]) -> Source:
    """Give the source that options name.

    Args:
        kind: Its kind; the one that takes just these options where absent.
        given: What the options say, by field.

    Returns:
        The source, with a relative path as it is given.

    Raises:
        RecipeError: They do not name one.
    """
    kind = kind or _kind_that_takes(given)
    source = all_kinds()[kind]
    fields = _text_fields(source)
    if further := [field for field in given if field not in fields]:
        raise _wrong(f"--source {kind} does not take {_listed(further)}.")
    if missing := [field for field in _required(source) if field not in given]:
        raise _wrong(f"--source {kind} needs {_listed(missing)}.")
    values = {field: given.get(field, default) for field, default in fields.items()}
    said = {field: value for field, value in values.items() if value is not None}
    try:
        return source.model_validate({"kind": kind, **said})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise _wrong(f"--source {kind} with this `{where}`: {first['msg']}.") from error


def block_of(source: Source) -> dict[str, Any]:
    """Give a source as a recipe writes it, without what it says nothing of.

    Args:
        source: A source that options name.
    """
    values = source.model_dump(include={"kind", *_text_fields(type(source))})
    return {field: value for field, value in values.items() if value is not None}


def _kind_that_takes(given: Mapping[str, str]) -> str:
    fitting = [
        kind
        for kind, source in all_kinds().items()
        if set(_required(source)) <= given.keys() <= _text_fields(source).keys()
    ]
    if len(fitting) == 1:
        return fitting[0]
    which = f"Name the kind with --source: {one_of(fitting or all_kinds())}."
    raise _wrong(f"What {_listed(given)} names is not one kind of source.", which)


def _text_fields(source: type[Source]) -> dict[str, str | None]:
    """Give the fields that take text, each with its default; None for none."""
    infos = source.model_fields.items()
    texts = {name: info for name, info in infos if info.annotation in _TEXT}
    return {
        name: None if info.is_required() else cast("str | None", info.default)
        for name, info in texts.items()
    }


def _required(source: type[Source]) -> list[str]:
    return [name for name in _text_fields(source) if source.model_fields[name].is_required()]


def _listed(fields: Mapping[str, str] | list[str]) -> str:
    return " and ".join(f"--{field}" for field in fields)


def _wrong(message: str, remedy: str = "") -> RecipeError:
    return RecipeError([Finding("bad-override", message, remedy, place=COMMAND_LINE)])
