"""Quantise the weights of a model, where the recipe says so: once, as they are written."""

import copy
from typing import Any

import transformers
from torch import nn
from transformers import PreTrainedModel

from runner.errors import SourceError, first_line, raise_if_ours
from runner.packaging.quantised import insist_on_environment, planned_bytes
from runner.packaging.sizes import quantised_bytes
from runner.recipe.language.models import Recipe
from runner.recipe.language.quantize import Quantize
from runner.sources import Checkpoint
from runner.sources.checkpoint.quantisation import Quantisation
from runner.upstream.quantizers import not_converted, transposed_linear, why_not_here


def planned_size(recipe: Recipe, model: PreTrainedModel, found: Quantisation | None) -> int:
    """Give the size in bytes that quantised weights will have, by the model's shapes.

    Args:
        recipe: The recipe.
        model: The model in the dtype of what is not quantised; its weights need not be there.
        found: How its weights come quantised.

    Returns:
        The size; 0 where nothing is quantised.

    Raises:
        SourceError: The recipe skips what the model does not have, or nothing is left to quantise.
    """
    if recipe.quantize:
        return _size(recipe.quantize, model)
    return planned_bytes(found, model) if found else 0


def _size(asked: Quantize, model: PreTrainedModel) -> int:
    """Give the size in bytes that a model will have.

    Raises:
        SourceError: The recipe skips what the model does not have, or nothing is left to quantise.
    """
    names = _kept(asked, model)
    kinds = (nn.Linear, transposed_linear()) if asked.form.transposed else (nn.Linear,)
    packed = {
        f"{name}.weight"
        for name, module in model.named_modules()
        if isinstance(module, kinds) and not any(part in name for part in names)
    }
    if not packed:
        raise SourceError(
            f"{type(model).__name__} has no layer that {asked.method} quantises",
            "Take another method, or leave `quantize` out.",
        )
    row = asked.form.row or model.dtype.itemsize
    return quantised_bytes(model, packed, asked.form.bits, row)


def _kept(asked: Quantize, model: PreTrainedModel) -> list[str]:
    """Give the modules that stay as they are, by name or a part of it."""
    modules = [name for name, _ in model.named_modules()]
    for part in asked.skip:
        if not any(part in name for name in modules):
            raise SourceError(
                f"`quantize.skip` names {part}, which {type(model).__name__} does not have",
                f"Its modules are named like {', '.join(modules[-3:])}.",
            )
    return [*not_converted(model), *asked.skip]


def quantise(recipe: Recipe, asked: Quantize, model: PreTrainedModel, at: Checkpoint) -> Any:
    """Load the weights of a model, each quantised as it comes.

    Args:
        recipe: The recipe.
        asked: What it says of quantisation.
        model: The model without weights, in the dtype of what is not quantised.
        at: Where its weights are.

    Returns:
        The model in memory, quantised.

    Raises:
        SourceError: A package or a device is missing, or the weights cannot be quantised.
    """
    insist_on_environment(asked.quantisation, at)
    config = quantization_config(asked, model)
    if error := why_not_here(config, stored=False):
        raise _impossible(asked, at, error) from error
    folder = str(at.folder)
    try:
        quantised: Any = type(model).from_pretrained(
            folder,
            config=copy.deepcopy(model.config),  # as it is understood here, not as the file says
            dtype=model.dtype,
            quantization_config=config,
            **recipe.load.model_arguments,
        )
    except Exception as error:
        raise_if_ours(error)
        raise _impossible(asked, at, error) from error
    quantised.name_or_path = folder
    return quantised


def quantization_config(asked: Quantize, model: PreTrainedModel) -> Any:
    """Give transformers' own description of how weights are to be quantised.

    Args:
        asked: What the recipe says.
        model: The model in the dtype of what is not quantised; its weights need not be there.
    """
    skipped = _kept(asked, model) if asked.skip else None
    match asked.method:
        case "torchao-int8":
            from torchao.quantization import Int8WeightOnlyConfig

            return transformers.TorchAoConfig(
                quant_type=Int8WeightOnlyConfig(version=2), modules_to_not_convert=skipped
            )
        case "bitsandbytes-int8":
            return transformers.BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=skipped)
        case "bitsandbytes-nf4":
            return transformers.BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_compute_dtype=model.dtype,
                llm_int8_skip_modules=skipped,
            )


def _impossible(asked: Quantize, at: Checkpoint, error: Exception) -> SourceError:
    return SourceError(
        f"the weights of {at.name} cannot be quantised here ({asked.method}): {first_line(error)}",
        f"Run it where there is what that takes: {asked.quantisation.needs}.",
    )
