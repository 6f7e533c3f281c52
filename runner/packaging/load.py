"""Load what packaging needs of a checkpoint: its parts, and weights only where they change."""

from collections.abc import Mapping
from dataclasses import replace

import torch
import transformers
from transformers import PreTrainedModel

from runner.errors import SourceError, first_line, raise_if_ours
from runner.packaging.adapter import Adapter, merge
from runner.packaging.blueprint import Blueprint, draw, with_components
from runner.packaging.gguf_file import parsed_once
from runner.packaging.meta import config_for
from runner.packaging.quantised import insist_on_environment
from runner.packaging.quantising import quantise
from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint


def load(recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> Blueprint:
    """Load the parts of a recipe.

    Args:
        recipe: The recipe.
        checkpoints: Checkpoint of the ``model``, and of each part that has its own.

    Returns:
        The blueprint with its components. Stored weights are not read; those that have to be
        computed, from a GGUF file, by merging an adapter or by quantising, are in its model.

    Raises:
        SourceError: A part cannot be loaded, or the weights do not fit the configuration.
    """
    with parsed_once(checkpoints["model"].gguf):
        return _load(recipe, checkpoints)


def _load(recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> Blueprint:
    blueprint = draw(recipe, checkpoints)
    if blueprint.quantised and blueprint.stays_quantised:
        insist_on_environment(blueprint.quantised, blueprint.checkpoint)
    blueprint = with_components(blueprint, recipe, checkpoints)
    if blueprint.checkpoint.gguf:
        return replace(blueprint, model=_from_gguf(blueprint, recipe))
    if recipe.quantize:
        model = quantise(recipe, recipe.quantize, blueprint.model, blueprint.checkpoint)
        return replace(blueprint, model=model)
    if blueprint.adapter and recipe.merge:
        merged = _merged(blueprint, blueprint.adapter, recipe)
        return replace(blueprint, model=merged, adapter=None)
    return blueprint


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


def _from_gguf(blueprint: Blueprint, recipe: Recipe) -> PreTrainedModel:
    """Compute weights in ``dtype`` from those that the file holds in few bits."""
    checkpoint = blueprint.checkpoint
    loader = getattr(transformers, blueprint.task.auto_models[0])
    arguments = recipe.load.model_arguments
    try:
        model = loader.from_pretrained(
            str(checkpoint.folder),
            gguf_file=checkpoint.gguf,
            config=blueprint.config,
            dtype=blueprint.dtype,
            **arguments,
        )
    except Exception as error:
        raise_if_ours(error)
        raise SourceError(
            f"{checkpoint.gguf} of {checkpoint.name} cannot be loaded: {first_line(error)}",
            f"Check that transformers {transformers.__version__} reads GGUF files of this "
            "architecture, and that the file is whole.",
        ) from error
    model.name_or_path = str(checkpoint.folder)
    model.hf_quantizer = None  # what was loaded is dequantized; transformers 5 would not save it
    return model
