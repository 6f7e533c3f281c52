"""Load what packaging needs of a checkpoint: its parts, and weights only where they change."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import torch
from transformers import PreTrainedModel

from runner.packaging.adapter import Adapter, merge
from runner.packaging.blueprint import Blueprint
from runner.packaging.drawn import drawn
from runner.packaging.gguf_file import parsed_once
from runner.packaging.gguf_weights import from_gguf
from runner.packaging.meta import config_for
from runner.packaging.quantising import quantise
from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint


def load(recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> Blueprint:
    """Load the parts of a recipe.

    Args:
        recipe: The recipe.
        checkpoints: Checkpoint of the ``model``, and of each part that has its own.

    Returns:
        The blueprint with its components. No weights are read: those that have to be computed,
        from a GGUF file, by merging an adapter or by quantising, are so when somebody needs them.

    Raises:
        SourceError: A part cannot be loaded, or the weights do not fit the configuration.
    """
    with parsed_once(checkpoints["model"].gguf):
        blueprint = drawn(recipe, checkpoints)
    as_read = replace(blueprint, config=copy.deepcopy(blueprint.config))  # a pipeline changes it
    computed = _computed(as_read, recipe)
    if computed is None:
        return blueprint
    whole = replace(blueprint, adapter=None) if recipe.merge else blueprint
    if recipe.signature == "infer":  # the model is asked before it is saved
        return replace(whole, model=computed())
    return replace(whole, compute=computed)


def _computed(blueprint: Blueprint, recipe: Recipe) -> Callable[[], PreTrainedModel] | None:
    """Say how the weights are computed; None where they are stored as they are needed."""
    if blueprint.checkpoint.gguf:
        return partial(from_gguf, blueprint, recipe)
    if recipe.quantize:
        return partial(quantise, recipe, recipe.quantize, blueprint.model, blueprint.checkpoint)
    if blueprint.adapter and recipe.merge:
        return partial(_merged, blueprint, blueprint.adapter, recipe)
    return None


def _merged(blueprint: Blueprint, adapter: Adapter, recipe: Recipe) -> PreTrainedModel:
    """Merge in float32, where the sums of weights lose nothing, and round once."""
    folder = str(blueprint.checkpoint.folder)
    model_class = type(blueprint.model)
    base = model_class.from_pretrained(
        folder,
        config=config_for(model_class, blueprint.config),
        dtype=torch.float32,
        ignore_mismatched_sizes=blueprint.rewritten,  # what does not fit is the adapter's
        **recipe.load.model_arguments,
    )
    merged = merge(adapter, base, blueprint.dtype)
    merged.name_or_path = folder
    return merged
