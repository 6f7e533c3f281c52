"""Layers: the values of several files put together, each with the place that set it last."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.findings import Finding, Loc
from runner.recipe.composing.composed import Origin
from runner.recipe.reading.references import resolve
from runner.recipe.reading.strict_yaml import Document

OPEN = "???"
"""Written for a value that someone who extends the recipe must give, as in Hydra."""


@dataclass
class Layered:
    """Values and where they are from.

    Args:
        values: The values as a plain mapping, references resolved.
        origins: Where each was written, by its path.
        raw: The text of unquoted scalars that are not text, as written, by their path.
        findings: References that lead nowhere.
    """

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    origins: dict[Loc, Origin] = field(default_factory=dict[Loc, Origin])
    raw: dict[Loc, str] = field(default_factory=dict[Loc, str])
    findings: list[Finding] = field(default_factory=list[Finding])


def layer(documents: Sequence[Document]) -> Layered:
    """Put the values of a recipe's files together as OmegaConf does: mappings merge, the rest wins.

    Args:
        documents: The files in merge order.
    """
    layered = Layered()
    for document in documents:
        own = _own(document)
        layered.origins.setdefault((), Origin(document.places[()], document.path.parent))
        _merge(layered, layered.values, own, (), document)
    if documents:
        last = documents[-1]
        layered.origins[()] = Origin(last.places[()], last.path.parent)
    layered.values, layered.findings = resolve(layered.values)
    return layered


def _own(document: Document) -> dict[str, Any]:
    return {key: value for key, value in document.values.items() if key != "defaults"}


def _merge(
    layered: Layered, into: dict[str, Any], values: dict[str, Any], loc: Loc, document: Document
) -> None:
    for key, value in values.items():
        here = (*loc, key)
        if value == OPEN and key in into:
            continue
        layered.origins[here] = Origin(document.places[here], document.path.parent)
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(layered, into[key], value, here, document)
            continue
        forget(layered, here)
        layered.origins[here] = Origin(document.places[here], document.path.parent)
        if here in document.raw:
            layered.raw[here] = document.raw[here]
        if isinstance(value, dict):
            into[key] = {}
            _merge(layered, into[key], value, here, document)
        else:
            into[key] = value
            _note_items(layered, value, here, document)


def _note_items(layered: Layered, value: Any, loc: Loc, document: Document) -> None:
    if not isinstance(value, dict | list):
        return
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        here = (*loc, key)
        layered.origins[here] = Origin(document.places[here], document.path.parent)
        if here in document.raw:
            layered.raw[here] = document.raw[here]
        _note_items(layered, item, here, document)


def forget(layered: Layered, loc: Loc) -> None:
    """Drop what is known of the value at ``loc`` and of all inside it."""
    for table in (layered.origins, layered.raw):
        for known in [k for k in table if k[: len(loc)] == loc]:
            del table[known]
