"""Checks of a recipe across its fields, a file each: every module is a :class:`RecipeCheck`."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Protocol, runtime_checkable

from runner.discovery import load, names_in
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

    @cached_property
    def task(self) -> Task:
        """The recipe's task."""
        return self.recipe.contract


@runtime_checkable
class RecipeCheck(Protocol):
    """A check: each module of this package is one."""

    def check(self, subject: Subject) -> Iterable[Finding]:
        """Find what is wrong.

        Args:
            subject: The recipe.

        Returns:
            Findings without their places.
        """
        ...


@cache
def all_checks() -> tuple[RecipeCheck, ...]:
    """Give every check, in alphabetical order of their files."""
    return tuple(load(__name__, name, RecipeCheck) for name in names_in(__name__))


def check_all(subject: Subject) -> Iterator[Finding]:
    """Run every check.

    Args:
        subject: The recipe.

    Yields:
        Findings without their places.
    """
    for one in all_checks():
        yield from one.check(subject)
