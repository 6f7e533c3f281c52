"""How large a model is: as it will be written, and in memory."""

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from runner.packaging.dtypes import is_floating, torch_dtype_of
from runner.recipe.language.models import DTYPES
from runner.sources.checkpoint.safetensors_header import TensorInfo


def written_bytes(tensors: Mapping[str, TensorInfo], dtype: torch.dtype | None) -> int:
    """Give the size of stored tensors once they are written.

    Args:
        tensors: The tensors.
        dtype: dtype that those of a floating-point dtype get; None where all stay as they are.
    """
    return sum(
        info.nbytes // torch_dtype_of(info.dtype).itemsize * dtype.itemsize
        if dtype and is_floating(info.dtype)
        else info.nbytes
        for info in tensors.values()
    )


def model_bytes(model: PreTrainedModel) -> int:
    """Give the size of a model as it is.

    Args:
        model: The model; its weights need not be there.
    """
    return sum(tensor.numel() * tensor.element_size() for tensor in _distinct(model).values())


def memory_by_dtype(model: PreTrainedModel) -> dict[str, int]:
    """Give the size of a model in memory, in bytes, in each dtype that a recipe can ask for.

    Args:
        model: The model; its weights need not be there.
    """
    tensors = _distinct(model).values()
    floats = sum(t.numel() for t in tensors if t.is_floating_point())
    others = sum(t.numel() * t.element_size() for t in tensors if not t.is_floating_point())
    sizes = {name: getattr(torch, name).itemsize for name in DTYPES if name != "auto"}
    return {name: floats * size + others for name, size in sizes.items()}


def quantised_bytes(
    model: PreTrainedModel, bits: float, kept: Collection[str], scales: float = 0
) -> int:
    """Estimate the size of a model whose weights are quantised.

    Args:
        model: The model, without quantisation.
        bits: Bits of a quantised weight.
        kept: Names of modules, or parts of these, that stay as they are; embeddings do too.
        scales: Bytes beside each row of a quantised weight.
    """
    embeddings = {
        f"{name}.weight" for name, part in model.named_modules() if isinstance(part, nn.Embedding)
    }
    total = 0.0
    for name, tensor in _distinct(model).items():
        stays = name in embeddings or any(part in name for part in kept)
        if tensor.ndim < 2 or stays or not tensor.is_floating_point():
            total += tensor.numel() * tensor.element_size()
        else:
            total += tensor.numel() * bits / 8 + tensor.shape[0] * scales
    return int(total)


def _distinct(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """Give the tensors that a model is saved as, by name; tied ones once."""
    state: Mapping[str, Any] = model.state_dict(keep_vars=True)
    first = {id(tensor): name for name, tensor in reversed(state.items())}
    return {name: state[name] for name in state if first[id(state[name])] == name}
