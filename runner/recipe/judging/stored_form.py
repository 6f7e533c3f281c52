"""What a recipe cannot ask of weights that come quantised, and so stay in the form they have."""

from collections.abc import Iterator

from runner.recipe.language.models import Recipe
from runner.sources.checkpoint.quantisation import Quantisation


def refused(recipe: Recipe, found: Quantisation) -> Iterator[tuple[str, str]]:
    """Find what would need the weights in another form.

    Args:
        recipe: The recipe.
        found: How the weights are quantised.

    Yields:
        A field of the recipe, and what to do about it.
    """
    if recipe.dtype not in ("auto", found.dtype):
        yield "dtype", "Leave it out: what is not quantised keeps its own dtype."
    if recipe.merge:
        yield "merge", "Leave it out: the adapter is then stored beside its base."
    if recipe.quantize:
        yield "quantize", "Leave it out, or take the weights as they were before."
    if recipe.max_shard_size:
        yield "max_shard_size", "Leave it out: the files are copied as they are."
