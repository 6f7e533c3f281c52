"""Whether all that is private of other projects is as it was: asked by ``doctor`` and the tests."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from runner.discovery import names_in
from runner.upstream.errors import Moved
from runner.upstream.interface import Interface

_ROOM = "runner.upstream"


@cache
def interfaces() -> tuple[Interface, ...]:
    """Give every interface that the modules of this room declare and the installed versions need.

    Raises:
        Moved: A module cannot be imported without what is not there any more.
    """
    values = (value for module in _modules() for value in vars(module).values())
    return tuple(value for value in values if isinstance(value, Interface) and value.is_needed)


def broken() -> Iterator[Moved]:
    """Give an error for each that is not as it was.

    What a module of this room reads of a library's source it judges by a ``problems`` of its own.
    """
    try:
        modules = list(_modules())
    except Moved as error:
        yield error
        return
    for interface in interfaces():
        try:
            interface.get()
        except Moved as error:
            yield error
    for module in modules:
        problems: Any = getattr(module, "problems", tuple)
        yield from (Moved(problem) for problem in problems())


def _modules() -> Iterator[ModuleType]:
    for name in names_in(_ROOM):
        yield import_module(f"{_ROOM}.{name}")
