"""The sources of a recipe's parts, and where in the repository they are."""

import posixpath
from collections.abc import Mapping

from runner.recipe.language.models import Recipe
from runner.sources import Source


def located_sources(recipe: Recipe, folders: Mapping[str, str]) -> dict[str, Source]:
    """Give each source by its field, its relative path from the top of the repository.

    Args:
        recipe: The recipe.
        folders: For each part whose source names a path, the folder that it is relative to.
    """
    sources = {"source": recipe.source}
    sources |= {f"components.{name}": s for name, s in recipe.components.given().items()}
    sources |= {"adapter": recipe.adapter} if recipe.adapter else {}
    return {field: _located(source, folders.get(field, "")) for field, source in sources.items()}


def _located(source: Source, folder: str) -> Source:
    if path := source.relative_path:
        return source.with_path(posixpath.normpath(posixpath.join(folder, path)))
    return source


def folder_of(source: Source) -> str:
    """Give the folder in the repository that a source names; empty where it names none there.

    Args:
        source: The source, its relative path from the top.
    """
    path = source.relative_path
    return "" if path.split("/")[0] == ".." else path
