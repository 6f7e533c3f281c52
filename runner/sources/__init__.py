"""Where weights come from, a kind of source a file: any module here with a ``Source`` subclass."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import get_args

from runner.sources.base import (
    Checkpoint,
    CheckpointFile,
    Location,
    Source,
    SourceContext,
    Survey,
)

__all__ = [
    "Checkpoint",
    "CheckpointFile",
    "Location",
    "Source",
    "SourceContext",
    "Survey",
    "all_kinds",
]


@cache
def all_kinds() -> MappingProxyType[str, type[Source]]:
    """Give the model of every kind of source, by the value of its ``kind`` field."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    kinds = {_kind_of(source): source for source in Source.__subclasses__()}
    return MappingProxyType(dict(sorted(kinds.items())))


def _kind_of(source: type[Source]) -> str:
    (kind,) = get_args(source.model_fields["kind"].annotation)
    return kind
