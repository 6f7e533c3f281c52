"""The recipe's models as a map: which fields may stand where, and what each takes."""

import types
from collections.abc import Collection, Mapping
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from runner.findings import Loc
from runner.metrics import Metric, all_metrics
from runner.metrics.own import Own, is_own
from runner.recipe.language.models import Recipe
from runner.recipe.language.settings import RunSettings, Signing, TrackingSettings
from runner.sources import all_kinds
from runner.sources.checkpoint.licenses import LicensePolicy
from runner.tasks.base import JSON

Annotation = Any
"""A type annotation, as pydantic keeps it."""


@cache
def fields(model: type[BaseModel]) -> Mapping[str, Annotation]:
    """Give the fields of a model by the name they have in YAML.

    Args:
        model: A model of the recipe language.
    """
    return {f.alias or name: f.annotation for name, f in model.model_fields.items()}


def alternatives(annotation: Annotation) -> tuple[Annotation, ...]:
    """Give the types an annotation allows, null left out.

    Args:
        annotation: A type annotation.
    """
    if get_origin(annotation) is Annotated:
        return alternatives(get_args(annotation)[0])
    if annotation is Metric:
        return tuple(dict.fromkeys(all_metrics().values()))
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(
            one
            for part in get_args(annotation)
            if part is not type(None)
            for one in alternatives(part)
        )
    return (annotation,)


def models(annotation: Annotation, value: JSON = None) -> tuple[type[BaseModel], ...]:
    """Give the models that may stand somewhere.

    Args:
        annotation: A type annotation.
        value: What stands there; its ``kind`` chooses among the kinds of source, its ``name``
            among the metrics.

    Returns:
        One model; every one of a union where the value does not say which; none where the
        annotation is not of models.
    """
    found = tuple(
        one
        for one in alternatives(annotation)
        if isinstance(one, type) and issubclass(one, BaseModel)
    )
    if is_own(value) and any(issubclass(one, Metric) for one in found):
        return (Own,)
    named = [value.get(field) for field in ("kind", "name")] if isinstance(value, dict) else [value]
    chosen = [_called(name, found) for name in named if isinstance(name, str)]
    return tuple(one for one in chosen if one)[:1] or found


def _called(name: str, found: Collection[type[BaseModel]]) -> type[BaseModel] | None:
    """Give the one of several models that goes by a name: a kind of source, or a metric."""
    of_metrics = any(issubclass(one, Metric) for one in found)
    called = all_metrics().get(name) if of_metrics else all_kinds().get(name)
    return called if called in found else None


def choices(annotation: Annotation) -> list[str]:
    """Give the words an annotation allows, where it allows only certain ones.

    Args:
        annotation: A type annotation.
    """
    literals = [one for one in alternatives(annotation) if get_origin(one) is Literal]
    return [str(word) for literal in literals for word in get_args(literal)]


def takes_text_only(annotation: Annotation) -> bool:
    """Tell whether a field takes text and no number or boolean.

    Args:
        annotation: A type annotation.
    """
    allowed = [one for one in alternatives(annotation) if get_origin(one) is not dict]
    return bool(allowed) and all(
        one is str or (get_origin(one) is Literal and isinstance(get_args(one)[0], str))
        for one in allowed
    )


def inside(annotation: Annotation, key: str | int, value: JSON = None) -> Annotation | None:
    """Step from a value's annotation to the one of what is inside it.

    Args:
        annotation: The annotation of the outer value.
        key: Field, key of a free mapping, or index.
        value: The outer value; its ``kind`` chooses among the kinds of source.

    Returns:
        The annotation; None where nothing by that key may stand there.
    """
    for model in models(annotation, value):
        if key in fields(model):
            return fields(model)[str(key)]
    for one in alternatives(annotation):
        if one is Any:
            return Any
        if get_origin(one) is dict and isinstance(key, str):
            return get_args(one)[1]
        if get_origin(one) is list and isinstance(key, int):
            return get_args(one)[0]
    return None


def is_free(annotation: Annotation, value: JSON = None) -> bool:
    """Tell whether any key may stand inside: a mapping such as ``params`` or ``model_config``.

    Args:
        annotation: The annotation of the value.
        value: The value.
    """
    return not models(annotation, value) and any(
        one is Any or get_origin(one) is dict for one in alternatives(annotation)
    )


def known_keys(annotation: Annotation, value: JSON = None) -> list[str]:
    """Give the fields that may stand inside a block.

    Args:
        annotation: The annotation of the block.
        value: The block; its ``kind`` chooses among the kinds of source.
    """
    found = (fields(model) for model in models(annotation, value))
    return list(dict.fromkeys(key for one in found for key in one))


def plain_loc(tagged: Loc, values: JSON, root: type[BaseModel] = Recipe) -> Loc:
    """Turn a location of pydantic's into the path of the value in the recipe.

    Args:
        tagged: The location; it names the chosen kind or type of a union as well.
        values: The composed recipe.
        root: The model of the whole, where it is another.
    """
    loc: Loc = ()
    value: JSON = values
    annotation: Annotation | None = root
    for key in tagged:
        kinds = models(annotation)
        if len(kinds) > 1 and (chosen := _called(str(key), kinds)):
            annotation = chosen  # once: what it names may be a key inside as well
            continue
        if isinstance(key, str) and ("[" in key or "(" in key) and not _has(value, key):
            continue
        annotation = inside(annotation, key, value)
        value = _get(value, key)
        loc = (*loc, key)
    return loc


def _has(value: JSON, key: str | int) -> bool:
    return isinstance(value, dict) and key in value


def _get(value: JSON, key: str | int) -> JSON:
    if isinstance(value, dict):
        return value.get(str(key))
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def value_at(values: JSON, loc: Loc) -> JSON:
    """Give the value at a path; None where there is none.

    Args:
        values: Plain values.
        loc: The path.
    """
    for key in loc:
        values = _get(values, key)
    return values


def annotation_at(loc: Loc, values: JSON, root: type[BaseModel] = Recipe) -> Annotation | None:
    """Give the annotation of the field at a path; None where the language has no such field.

    Args:
        loc: The path.
        values: The composed recipe, whose ``kind`` values choose among the kinds of source.
        root: The model of the whole, where it is another.
    """
    annotation: Annotation | None = root
    for key in loc:
        if annotation is None:
            return None
        annotation = inside(annotation, key, values)
        values = _get(values, key)
    return annotation


def is_block_at(loc: Loc) -> bool:
    """Tell whether a mapping and no text may stand at a path, so that a file can hold it.

    Args:
        loc: The path.
    """
    allowed = alternatives(annotation_at(loc, {}))
    return bool(loc) and all(
        get_origin(one) is dict or (isinstance(one, type) and issubclass(one, BaseModel))
        for one in allowed
    )


SETTINGS: Mapping[Loc, Annotation] = {
    ("out",): fields(RunSettings)["out"],
    ("device",): fields(RunSettings)["device"],
    ("allow_code",): fields(RunSettings)["allow_code"],
    ("tracking", "uri"): fields(TrackingSettings)["uri"],
    ("signing", "key"): fields(Signing)["key"],
    ("policy", "licenses", "allow"): fields(LicensePolicy)["allow"],
    ("policy", "licenses", "deny"): fields(LicensePolicy)["deny"],
}
"""The settings of a run by their path, with their annotations."""
