"""Where weights come from, a kind of source a file: any module here with a ``Source`` subclass."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any, get_args

from runner.sources.base import (
    Checkpoint,
    CheckpointFile,
    Location,
    Source,
    SourceContext,
    Survey,
)
from runner.sources.facts import Stay

__all__ = [
    "Checkpoint",
    "CheckpointFile",
    "Location",
    "Source",
    "SourceContext",
    "Stay",
    "Survey",
    "all_kinds",
    "one_line",
]


@cache
def all_kinds() -> MappingProxyType[str, type[Source]]:
    """Give the model of every kind of source, by the value of its ``kind`` field."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    kinds = {_kind_of(source): source for source in Source.__subclasses__()}
    return MappingProxyType(dict(sorted(kinds.items())))


def one_line(block: Mapping[str, Any]) -> str:
    """Say in a few words what a recipe's source block names, be the rest of it right or wrong.

    Args:
        block: The block as it is written.

    Returns:
        Its kind and what it names: ``hub org/model``.
    """
    kind = str(block.get("kind") or "")
    source = all_kinds().get(kind)
    named = block.get(source.name_field) if source else None
    return f"{kind} {named or ''}".strip()


def _kind_of(source: type[Source]) -> str:
    (kind,) = get_args(source.model_fields["kind"].annotation)
    return kind
