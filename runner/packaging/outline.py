"""The outline of a model: what it will be, known from configuration alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from runner.packaging.adapter import Adapter
from runner.packaging.components import read_components, read_config
from runner.packaging.dtypes import choose_dtype
from runner.packaging.load import (
    Parts,
    empty_model,
    gguf_dtype,
    own_tensors,
    weight_bytes,
)
from runner.recipe.language.models import DTYPES, Recipe
from runner.sources import Checkpoint
from runner.sources.checkpoint.safetensors_header import read_headers


@dataclass(frozen=True)
class Outline:
    """What a model will be.

    Args:
        parts: Its parts. The model is on torch's ``meta`` device; tensors are known where the
            weights are on this machine by the nature of their source.
        class_name: The model's class.
        dtype: dtype of the weights as written.
        parameters: Number of its parameters.
        bytes: Size of the weights in that dtype.
        memory: Size of the model in memory in bytes, by dtype.
    """

    parts: Parts
    class_name: str
    dtype: str
    parameters: int
    bytes: int
    memory: dict[str, int]


def outline(recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> Outline | None:
    """Say what a model will be without reading its weights.

    Args:
        recipe: The recipe.
        checkpoints: Checkpoint of each part, perhaps without weights. What a hub's cache happens
            to hold of them does not count, so that the answer is the same everywhere.

    Returns:
        The outline; nothing where the configuration is inside a GGUF file of a hub.

    Raises:
        SourceError: The parts cannot be read, or do not fit the task.
    """
    checkpoint = checkpoints["model"]
    if checkpoint.gguf and checkpoint.repo:
        return None
    parts = _parts(recipe, checkpoints)
    return Outline(
        parts=parts,
        class_name=type(parts.model).__name__,
        dtype=str(parts.dtype).removeprefix("torch."),
        parameters=parts.model.num_parameters(),
        bytes=weight_bytes(parts),
        memory=_memory(parts),
    )


def _parts(recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> Parts:
    task, checkpoint = recipe.contract, checkpoints["model"]
    config = read_config(checkpoint, trusted=recipe.trust_remote_code)
    at_hand = not checkpoint.repo and not checkpoint.gguf and not recipe.merge
    tensors = read_headers(checkpoint.folder) if at_hand else {}
    dtype = (
        gguf_dtype(recipe)
        if checkpoint.gguf
        else choose_dtype(recipe.dtype, config, tensors.values())
    )
    trusted = recipe.trust_remote_code
    model: Any = empty_model(task, config, checkpoint, trusted=trusted)
    beside = "adapter" in checkpoints and not recipe.merge
    return Parts(
        task=task,
        model=model.to(dtype=dtype),
        components=read_components(recipe, checkpoints, config),
        checkpoint=checkpoint,
        dtype=dtype,
        tensors=tensors,
        adapter=Adapter(checkpoints["adapter"], "") if beside else None,
        origins=checkpoints,
    )


def _memory(parts: Parts) -> dict[str, int]:
    tensors = own_tensors(parts.model)
    floats = sum(t.numel() for t in tensors if t.is_floating_point())
    others = sum(t.numel() * t.element_size() for t in tensors if not t.is_floating_point())
    sizes = {name: getattr(torch, name).itemsize for name in DTYPES if name != "auto"}
    return {name: floats * size + others for name, size in sizes.items()}
