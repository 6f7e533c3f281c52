"""What composition gives: a validated recipe, its settings, and where every value was written."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.findings import Finding, Loc, Place
from runner.recipe.models import Recipe
from runner.recipe.settings import Settings


@dataclass(frozen=True)
class Origin:
    """Where a value was written, and the folder its relative paths are relative to.

    Args:
        place: File, line and column, or the command line.
        folder: The folder of that file; the working directory for the command line.
    """

    place: Place
    folder: Path


@dataclass(frozen=True)
class Composed:
    """A recipe as it will run.

    Args:
        name: Name under ``recipes/``, such as ``text-generation/smollm2-chat``.
        recipe: The validated recipe.
        settings: The validated settings of the run.
        values: The composed recipe as a plain mapping, in the recipe's own terms.
        origins: Where each value was written, by its path.
        overrides: The recipe overrides of the command line, as typed.
        warnings: Findings that do not stop a run.
    """

    name: str
    recipe: Recipe
    settings: Settings
    values: dict[str, Any]
    origins: dict[Loc, Origin]
    overrides: tuple[str, ...] = ()
    warnings: tuple[Finding, ...] = field(default=())

    def origin(self, loc: Loc) -> Origin:
        """Give the origin of the value at ``loc``, or of the nearest value around it."""
        while loc not in self.origins and loc:
            loc = loc[:-1]
        return self.origins.get(loc, Origin(Place(self.name), Path.cwd()))
