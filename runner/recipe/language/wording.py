"""Words for what is written: unknown keys, blocks, values, said alike wherever they are found."""

from functools import cache
from typing import Any

from pydantic import BaseModel

from runner.findings import Finding, Fix, Loc
from runner.recipe.language.models import Recipe
from runner.recipe.language.schema import annotation_at, fields, known_keys, models, value_at
from runner.sources import all_kinds
from runner.tasks.base import JSON
from runner.text.spelling import did_you_mean, one_of, slip


def unknown_key(loc: Loc, values: dict[str, Any], root: type[BaseModel] = Recipe) -> Finding:
    """Make the finding for a key that is not a field where it stands.

    Args:
        loc: The path of the key.
        values: The composed recipe.
        root: The model of the whole, where it is another.
    """
    key, around = str(loc[-1]), loc[:-1]
    block = value_at(values, around)
    annotation = annotation_at(around, values, root)
    known = known_keys(annotation, block)
    elsewhere = _elsewhere(key, around) if root is Recipe else ""
    remedy = did_you_mean(key, known) or elsewhere or _fields_are(known)
    message = f"`{key}` is not a field of {block_named(around, block, root)}."
    meant = slip(key, known)
    there = isinstance(block, dict) and meant in block
    fix = Fix(key, meant, is_key=True) if meant and not there else None
    return Finding("unknown-key", message, remedy, loc, fix=fix)


def block_named(loc: Loc, block: JSON, root: type[BaseModel] = Recipe) -> str:
    """Name a block as people do: ``source (kind: hub)``.

    Args:
        loc: Its path; the whole itself where empty.
        block: What it says.
        root: The model of the whole, where it is another.
    """
    if not loc:
        return f"a {root.__name__.lower()}"
    name = ".".join(map(str, loc))
    kind = block.get("kind") if isinstance(block, dict) else None
    return f"{name} (kind: {kind})" if isinstance(kind, str) else name


def _elsewhere(key: str, around: Loc) -> str:
    if around:
        kinds = [kind for kind, model in all_kinds().items() if key in fields(model)]
        is_source = around[0] in ("source", "components", "adapter")
        if not (kinds and is_source):
            return ""
        whole = "a block that says its `kind` replaces the one that it extends"
        return f"It is a field of kind: {' and '.join(kinds)}; {whole}."
    blocks = _blocks_with().get(key, [])
    return f"It is a field of {one_of(blocks)}." if blocks else ""


@cache
def _blocks_with() -> dict[str, list[str]]:
    """Give for each field of a block the blocks of a recipe that have it."""
    found: dict[str, list[str]] = {}
    for block, annotation in fields(Recipe).items():
        for key in dict.fromkeys(key for model in models(annotation) for key in fields(model)):
            found.setdefault(key, []).append(block)
    return found


def _fields_are(known: list[str]) -> str:
    return f"Its fields are {', '.join(known)}." if known else ""
