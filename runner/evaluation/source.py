"""The source of a saved model: the checkpoint as transformers and PEFT load it, nothing of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import transformers
from transformers import PretrainedConfig

from runner.evaluation.sharing import held_bytes
from runner.evaluation.views import NativeView, device_number
from runner.machine.memory import free_memory
from runner.packaging.blueprint import draw
from runner.packaging.forward import build_pipeline
from runner.packaging.quantising import quantization_config
from runner.packaging.tokenizer_words import arguments_for, loader_for
from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint
from runner.sources.checkpoint.asked_tokens import choose_template, hold_to, loading_arguments
from runner.sources.checkpoint.model_classes import fitting_classes
from runner.sources.checkpoint.quantisation import quantisation_of
from runner.text.wording import size

LOADERS = {
    "tokenizer": "AutoTokenizer",
    "feature_extractor": "AutoFeatureExtractor",
    "image_processor": "AutoImageProcessor",
    "processor": "AutoProcessor",
}
"""Auto class of each component."""


_ASK = "name source in evaluation.views for it"


@dataclass(frozen=True)
class Origin:
    """Where a saved model came from.

    Args:
        checkpoints: Checkpoint of the ``model``, and of each part that has its own.
        bytes: Size of its weights in memory.
        config: Its configuration, where the file alone would make another model.
    """

    checkpoints: Mapping[str, Checkpoint]
    bytes: int
    config: PretrainedConfig | None = None


def left_out(recipe: Recipe, weights: int) -> str | None:
    """Say why a saved model is not held to its source.

    Args:
        recipe: The recipe; where its ``evaluation.views`` say nothing, the source is loaded if that
            costs neither a second conversion nor memory that may be short.
        weights: Their size in memory, in bytes.

    Returns:
        The reason, to be told; empty where the recipe leaves the source out, None where it is held.
    """
    views = recipe.evaluation.views
    if views is not None and "source" not in views:
        return ""
    if not recipe.has_native:
        task = recipe.contract.pipeline_task
        return f"transformers {transformers.__version__} has no pipeline {task}"
    if views is not None:
        return None
    if recipe.source.gguf:
        return f"the GGUF file would be converted a second time; {_ASK}"
    free = free_memory()
    if free is not None and 2 * weights > free + held_bytes():
        return f"{size(weights)} of weights do not fit twice in {size(free)} of free memory; {_ASK}"
    return None


def open_source(recipe: Recipe, origin: Origin, device: str) -> NativeView:
    """Load a checkpoint straight from its source.

    Args:
        recipe: The recipe: its task, dtype, ``load`` arguments and adapter.
        origin: Where the parts are.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.

    Returns:
        transformers' own pipeline of it. A task that goes through the chat template gives it
        messages, which it frames by itself.
    """
    checkpoints, task = origin.checkpoints, recipe.contract
    checkpoint = checkpoints["model"]
    arguments: dict[str, Any] = {**recipe.load.model_arguments, **recipe.load.config_fields}
    if checkpoint.gguf:
        arguments["gguf_file"] = checkpoint.gguf
    number = device_number(device)
    if recipe.quantize:
        model = draw(recipe, checkpoints).model
        arguments["quantization_config"] = quantization_config(recipe.quantize, model)
    if recipe.quantize or quantisation_of(checkpoint.folder):
        # they cannot be moved once they are loaded
        arguments.setdefault("device_map", {"": number if number >= 0 else "cpu"})
    elif "device_map" not in arguments:
        arguments["device"] = number
    names = dict.fromkeys([*task.components, *(checkpoints.keys() & LOADERS.keys())])
    dtype = "float32" if checkpoint.gguf and recipe.dtype == "auto" else recipe.dtype
    placed = arguments.pop("device", None)
    parts = {name: load_component(name, recipe, checkpoints) for name in names}
    if task.forward or origin.config:
        model = _model(recipe, origin, dtype=dtype, **arguments)
        pipeline = build_pipeline(task, model, device=placed, **parts)
    else:
        pipeline = build_pipeline(
            task,
            str(checkpoint.folder),
            dtype=dtype,
            device=placed,
            trust_remote_code=recipe.trust_remote_code,
            model_kwargs=arguments,
            **parts,
        )
    if adapter := checkpoints.get("adapter"):
        from peft import PeftModel

        adapted = PeftModel.from_pretrained(pipeline.model, str(adapter.folder))
        pipeline.model = adapted.eval()
    chats = task.chat_template and recipe.prompt_template is None
    seed = recipe.evaluation.seed
    return NativeView(pipeline, recipe, recipe.prompt_template, chats=chats, seed=seed)


def _model(recipe: Recipe, origin: Origin, **arguments: Any) -> Any:
    """Load a model by its own class, which no pipeline chooses, or by another configuration."""
    folder, trusted = str(origin.checkpoints["model"].folder), recipe.trust_remote_code
    config = origin.config
    if config is None:
        config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=trusted)
    else:  # what of the weights does not fit it is in the adapter
        arguments |= {"config": config, "ignore_mismatched_sizes": True}
    own: Any = getattr(config, "auto_map", None) or {}
    model_class = next(fitting_classes(recipe.contract, config, own if trusted else ()))
    return model_class.from_pretrained(folder, **arguments)


def load_component(name: str, recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> Any:
    """Load a component as its source has it, with the recipe's arguments.

    Args:
        name: ``tokenizer``, ``feature_extractor``, ``image_processor`` or ``processor``.
        recipe: The recipe.
        checkpoints: Checkpoint of the ``model``, and of each part that has its own.
    """
    checkpoint = checkpoints.get(name, checkpoints["model"])
    asked: dict[str, Any] = getattr(recipe.load, name)
    arguments = loading_arguments(asked)
    loader: Any = getattr(transformers, LOADERS[name])
    if name == "tokenizer":  # of another version, in the words of this one
        loader = loader_for(checkpoint.folder)
        arguments = arguments_for(checkpoint.folder) | arguments
    if checkpoint.gguf and name == "tokenizer":
        arguments["gguf_file"] = checkpoint.gguf
    component = loader.from_pretrained(
        str(checkpoint.folder), trust_remote_code=recipe.trust_remote_code, **arguments
    )
    choose_template(component, asked, checkpoint.name)
    if name == "tokenizer":
        hold_to(component, asked)
    return component
