"""A thing, a file: the modules of a package that each are one of a kind."""

from importlib import import_module
from inspect import get_annotations
from pkgutil import iter_modules
from typing import TypeVar

T = TypeVar("T")
"""A runtime-checkable protocol."""


def names_in(package: str) -> list[str]:
    """Give the names of a package's modules, in alphabetical order, without importing them.

    Args:
        package: Name of the package.
    """
    return sorted(module.name for module in iter_modules(import_module(package).__path__))


def load(package: str, name: str, kind: type[T]) -> T:
    """Import a module that is one of a kind.

    Args:
        package: Name of the package it is in.
        name: Its own name.
        kind: A runtime-checkable protocol.

    Raises:
        TypeError: The module lacks something of the protocol: a defect of who wrote it.
    """
    module = import_module(f"{package}.{name}")
    if not isinstance(module, kind):
        members = {**get_annotations(kind), **vars(kind)}
        lacking = [m for m in members if m[0] != "_" and m not in vars(module)]
        message = f"{module.__file__} is not a {kind.__name__}: it lacks {', '.join(lacking)}."
        raise TypeError(message)
    return module
