"""Where weights come from, a kind of source a file: any module here with a ``Source`` subclass."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from runner.sources.base import Checkpoint, Source, SourceContext

__all__ = ["Checkpoint", "Source", "SourceContext", "all_kinds"]


@cache
def all_kinds() -> MappingProxyType[str, type[Source]]:
    """Give the model of every kind of source, by the value of its ``kind`` field."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    kinds = {str(kind.model_fields["kind"].default): kind for kind in Source.__subclasses__()}
    return MappingProxyType(dict(sorted(kinds.items())))
