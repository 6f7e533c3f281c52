"""The sources of a recipe's parts and its dataset, and where in the repository they are."""

import posixpath
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from runner.metrics.own import Own
from runner.recipe.language.models import Recipe
from runner.recipe.reading.shelf import golden_file_of
from runner.sources import Source

DATASET_FIELD = "evaluation.dataset"
CORPUS_FIELD = f"{DATASET_FIELD}.corpus"
GOLDEN_FIELD = "evaluation.golden"
METRICS_FIELD = "evaluation.metrics"


def located(recipe: Recipe, file: str, folders: Mapping[str, str]) -> dict[str, Source | str]:
    """Give each source, dataset, metric and golden answers by field, relative ones from the top.

    Args:
        recipe: The recipe.
        file: The recipe's file, from the top.
        folders: For each field that names a path, the folder that it is relative to.
    """
    found: dict[str, Source | str] = dict(located_sources(recipe, folders))
    dataset = recipe.evaluation.dataset
    if dataset and isinstance(dataset.path, str):
        found[DATASET_FIELD] = _from_top(folders.get(DATASET_FIELD, ""), dataset.path)
    if dataset and dataset.corpus and dataset.corpus.path:
        found[CORPUS_FIELD] = _from_top(folders.get(CORPUS_FIELD, ""), dataset.corpus.path)
    for metric in recipe.evaluation.metrics:
        if isinstance(metric, Own):
            top = PurePosixPath(file.partition("recipes/")[0])
            found[f"{METRICS_FIELD}.{metric.file}"] = (top / metric.file).as_posix()
    if recipe.evaluation.golden:
        found[GOLDEN_FIELD] = golden_file_of(Path(file)).as_posix()
    return found


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
        return source.with_path(_from_top(folder, path))
    return source


def _from_top(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def path_of(part: Source | str) -> str:
    """Give the path in the repository that a part names; empty where it names none there.

    Args:
        part: The source, its relative path from the top; or the path of the dataset.
    """
    path = part if isinstance(part, str) else part.relative_path
    return "" if path.startswith("/") or path.split("/")[0] == ".." else path
