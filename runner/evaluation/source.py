"""The source of a saved model: the checkpoint as transformers and PEFT load it, nothing of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import transformers

from runner.evaluation.views import NativeView, device_number
from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint
from runner.sources.checkpoint.asked_tokens import hold_to, loading_arguments

_LOADERS = {
    "tokenizer": "AutoTokenizer",
    "feature_extractor": "AutoFeatureExtractor",
    "image_processor": "AutoImageProcessor",
    "processor": "AutoProcessor",
}


@dataclass(frozen=True)
class Origin:
    """Where a saved model came from.

    Args:
        checkpoints: Checkpoint of the ``model``, and of each part that has its own.
        bytes: Size of its weights in memory.
    """

    checkpoints: Mapping[str, Checkpoint]
    bytes: int


def left_out(recipe: Recipe, origin: Origin) -> str | None:
    """Say why a saved model is not held to its source.

    Args:
        recipe: The recipe; by default its source is loaded where the weights fit memory twice.
        origin: Where the model came from.

    Returns:
        The reason, to be told; empty where the recipe wants no such view, None where it is held.
    """
    views = recipe.evaluation.views
    if views is not None and "source" not in views:
        return ""
    if views is None and not recipe.has_native:
        return ""
    if not recipe.has_native:
        task = recipe.contract.pipeline_task
        return f"transformers {transformers.__version__} has no pipeline {task}"
    if views is None and origin.checkpoints["model"].gguf:
        return (
            "a GGUF file would be converted a second time; `evaluation.views` with source asks for "
            "it all the same"
        )
    free = _available_memory()
    if views is None and free is not None and 2 * origin.bytes > free:
        return (
            f"two times {origin.bytes / 1e9:.1f} GB of weights do not fit the {free / 1e9:.1f} GB "
            "of memory that are free; `evaluation.views` with source asks for it all the same"
        )
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
    arguments: dict[str, Any] = dict(recipe.load.model)
    if checkpoint.gguf:
        arguments["gguf_file"] = checkpoint.gguf
    if "device_map" not in arguments:
        arguments["device"] = device_number(device)
    names = dict.fromkeys([*task.components, *(checkpoints.keys() & _LOADERS.keys())])
    build: Any = transformers.pipeline
    pipeline = build(
        task.pipeline_task,
        model=str(checkpoint.folder),
        dtype="float32" if checkpoint.gguf and recipe.dtype == "auto" else recipe.dtype,
        device=arguments.pop("device", None),
        trust_remote_code=recipe.trust_remote_code,
        model_kwargs=arguments,
        **{name: _component(name, recipe, checkpoints) for name in names},
    )
    if adapter := checkpoints.get("adapter"):
        from peft import PeftModel

        adapted = PeftModel.from_pretrained(pipeline.model, str(adapter.folder))
        pipeline.model = adapted.eval()
    chats = task.chat_template and recipe.prompt_template is None
    return NativeView(pipeline, recipe, recipe.prompt_template, chats=chats)


def _component(name: str, recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> Any:
    checkpoint = checkpoints.get(name, checkpoints["model"])
    asked: dict[str, Any] = getattr(recipe.load, name)
    arguments = loading_arguments(asked)
    if checkpoint.gguf and name == "tokenizer":
        arguments["gguf_file"] = checkpoint.gguf
    component = getattr(transformers, _LOADERS[name]).from_pretrained(
        str(checkpoint.folder), trust_remote_code=recipe.trust_remote_code, **arguments
    )
    if name == "tokenizer":
        hold_to(component, asked)
    return component


def _available_memory() -> int | None:
    """Give the memory that is free, in bytes; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    kilobytes = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return None if kilobytes is None else int(kilobytes) * 1024
