"""The dataset of a recipe: which columns are the model's inputs, whatever the recipe leaves out."""

from pathlib import Path

from runner.datasets.reading import Columns, Labelled, open_dataset
from runner.recipe.composing.composed import Composed
from runner.recipe.language.models import Recipe
from runner.tasks import Column

_MEDIA, _TEXT = "file", "text"


def labelled(recipe: Recipe, folder: Path) -> Labelled | None:
    """Give the dataset of a recipe, not read yet; None where it has none.

    Args:
        recipe: The recipe.
        folder: The folder that the dataset's path is relative to.
    """
    block = recipe.evaluation.dataset
    if block is None:
        return None
    inputs = input_columns(recipe) if block.inputs is None else block.inputs
    return open_dataset(block, folder, inputs, recipe.evaluation.slices)


def labelled_of(composed: Composed) -> Labelled | None:
    """Give the dataset of a composed recipe, not read yet; None where it has none.

    Args:
        composed: The composed recipe.
    """
    return labelled(composed.recipe, composed.folder_of(("evaluation", "dataset", "path")))


def input_columns(recipe: Recipe) -> Columns:
    """Give the columns that a model gets where its recipe does not say.

    Args:
        recipe: The recipe.
    """
    inputs = recipe.contract.inputs
    columns = [entry for entry in inputs if isinstance(entry, Column)]
    if columns and columns[0].name:
        return {column.name: column.name for column in columns if column.required}
    return _TEXT if columns and not columns[0].media else _MEDIA
