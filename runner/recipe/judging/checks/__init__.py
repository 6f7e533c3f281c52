"""Checks of a recipe across its fields, a file each: any module here that defines ``check``."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from runner.findings import Finding, Loc
from runner.recipe.language.models import Recipe
from runner.tasks import Task


@dataclass(frozen=True)
class Subject:
    """What a check looks at.

    Args:
        recipe: The validated recipe.
        folder_of: Gives the folder that a relative path written at a place is relative to.
    """

    recipe: Recipe
    folder_of: Callable[[Loc], Path]

    @property
    def task(self) -> Task:
        """The recipe's task."""
        return self.recipe.contract


Check = Callable[[Subject], Iterable[Finding]]


@cache
def all_checks() -> tuple[Check, ...]:
    """Give every check, in alphabetical order of their files."""
    modules = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__))
    return tuple(module.check for module in modules if hasattr(module, "check"))


def check_all(subject: Subject) -> Iterator[Finding]:
    """Run every check.

    Args:
        subject: The recipe.

    Yields:
        Findings without their places.
    """
    for check in all_checks():
        yield from check(subject)
