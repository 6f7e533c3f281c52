"""What composition gives: a validated recipe, its settings, and where every value was written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from runner.findings import Finding, Loc, Place
from runner.recipe.composing.layers import Origin
from runner.recipe.language.digest import digest
from runner.recipe.language.models import Recipe
from runner.recipe.language.settings import RunSettings
from runner.sources import Source, SourceContext
from runner.sources.base import Progress, no_progress


@dataclass(frozen=True)
class Within:
    """The sweep that a run is a point of, as MLflow has it.

    Args:
        run_id: The run of the sweep, which that of the point is a child of.
        params: Dotted names of what varies in it: the run of the point shows these as params.
    """

    run_id: str
    params: tuple[str, ...]


@dataclass(frozen=True)
class Composed:
    """A recipe as it will run.

    Args:
        file: The recipe's file, absolute.
        name: Name under ``recipes/``, such as ``text-generation/smollm2-chat``.
        recipe: The validated recipe.
        settings: The validated settings of the run.
        values: The composed recipe as a plain mapping, in the recipe's own terms.
        origins: Where each value was written, by its path.
        overrides: The recipe overrides of the command line, as typed.
        given: The settings of the command line, as typed.
        warnings: Findings that do not stop a run.
        pins: Commits that a lock holds sources to, by part.
        within: The sweep that it is a point of, where MLflow has one for it.
    """

    file: Path
    name: str
    recipe: Recipe
    settings: RunSettings
    values: dict[str, Any]
    origins: dict[Loc, Origin]
    overrides: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    warnings: tuple[Finding, ...] = field(default=())
    pins: Mapping[str, str] = field(default_factory=dict[str, str])
    within: Within | None = None

    @cached_property
    def digest(self) -> str:
        """The digest of the recipe."""
        return digest(self.recipe)

    def origin(self, loc: Loc) -> Origin:
        """Give the origin of the value at ``loc``, or of the nearest value around it."""
        while loc not in self.origins and loc:
            loc = loc[:-1]
        return self.origins.get(loc, Origin(Place(self.name), Path.cwd()))

    def folder_of(self, loc: Loc) -> Path:
        """Give the folder that a relative path written at ``loc`` is relative to."""
        return self.origin(loc).folder

    def parts(
        self, workdir: Path, progress: Progress = no_progress
    ) -> Iterator[tuple[Source, SourceContext]]:
        """Give the source of every part, and what it may know; ``context.component`` names it.

        Args:
            workdir: An empty folder for anything made on the spot.
            progress: Told of downloads and other long operations.
        """
        wanted: dict[str, Source] = {"model": self.recipe.source}
        wanted |= self.recipe.components.given()
        if self.recipe.adapter:
            wanted["adapter"] = self.recipe.adapter
        for name, source in wanted.items():
            context = SourceContext(
                folder=self.origin((*loc_of(name), source.path_field)).folder,
                workdir=workdir,
                task=self.recipe.contract,
                component=name,
                progress=progress,
                tracking_uri=self.settings.tracking.uri,
                allow_pickle=self.recipe.allow_pickle,
                trust_remote_code=self.recipe.trust_remote_code,
                variant=str(self.recipe.load.model.get("variant") or ""),
            )
            yield source.at(self.pins[name]) if name in self.pins else source, context


def loc_of(part: str) -> Loc:
    """Give the path of the block that says where a part comes from.

    Args:
        part: ``model``, ``adapter``, or a component such as ``tokenizer``.
    """
    places: dict[str, Loc] = {"model": ("source",), "adapter": ("adapter",)}
    return places.get(part, ("components", part))
