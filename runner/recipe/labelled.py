"""The dataset of a recipe: which columns are the model's inputs, whatever the recipe leaves out."""

from collections.abc import Callable
from pathlib import Path

from runner.datasets.block import CorpusBlock, DatasetBlock
from runner.datasets.reading import Columns, Labelled, open_dataset
from runner.findings import Loc
from runner.recipe.composing.composed import Composed
from runner.recipe.language.models import Recipe
from runner.tasks import Column

_MEDIA, _TEXT = "file", "text"
_DATASET = ("evaluation", "dataset")


def labelled(
    recipe: Recipe, folder_of: Callable[[Loc], Path], tracking_uri: str | None = None
) -> Labelled | None:
    """Give the dataset of a recipe, not read yet; None where it has none.

    Args:
        recipe: The recipe.
        folder_of: Gives the folder that a relative path written at a place is relative to.
        tracking_uri: Tracking URI of the server that knows data in MLflow.
    """
    block = recipe.evaluation.dataset
    if block is None:
        return None
    inputs = input_columns(recipe) if block.inputs is None else block.inputs
    folder, corpus = folder_of((*_DATASET, "path")), _corpus(recipe, block.corpus, folder_of)
    return open_dataset(block, folder, inputs, recipe.evaluation.slices, corpus, tracking_uri)


def labelled_of(composed: Composed) -> Labelled | None:
    """Give the dataset of a composed recipe, not read yet; None where it has none.

    Args:
        composed: The composed recipe.
    """
    return labelled(composed.recipe, composed.folder_of, composed.settings.tracking.uri)


def fetched_of(composed: Composed) -> Labelled | None:
    """Give the dataset of a composed recipe, its file fetched where it lies elsewhere.

    Args:
        composed: The composed recipe.

    Raises:
        SourceError: It cannot be had.
        StorageError: The disk would not take it.
    """
    block = composed.recipe.evaluation.dataset
    if block and (place := block.elsewhere):
        place.fetch(composed.settings.tracking.uri)
    return labelled_of(composed)


def _corpus(
    recipe: Recipe, block: CorpusBlock | None, folder_of: Callable[[Loc], Path]
) -> Labelled | None:
    if block is None:
        return None
    rows = DatasetBlock(path=block.path, rows=block.rows, id=block.id)
    inputs = block.inputs or _bare_column(recipe)
    return open_dataset(rows, folder_of((*_DATASET, "corpus", "path")), inputs)


def input_columns(recipe: Recipe) -> Columns:
    """Give the columns that a model gets where its recipe does not say.

    Args:
        recipe: The recipe.
    """
    if recipe.way and recipe.way.inputs:
        return {name: name for name in recipe.way.inputs}
    columns = [entry for entry in recipe.contract.inputs if isinstance(entry, Column)]
    if columns and columns[0].name:
        return {column.name: column.name for column in columns if column.required}
    return _bare_column(recipe)


def _bare_column(recipe: Recipe) -> str:
    columns = [entry for entry in recipe.contract.inputs if isinstance(entry, Column)]
    return _TEXT if columns and not columns[0].media else _MEDIA
