"""How large a model is: as it will be written, and in memory."""

from collections.abc import Collection, Mapping
from typing import Any

import torch
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
    model: PreTrainedModel, packed: Collection[str], bits: float, scales: float = 0
) -> int:
    """Give the size of a model whose weights are quantised.

    Args:
        model: The model, without quantisation.
        packed: Names of the weights that are quantised.
        bits: Bits of one.
        scales: Bytes beside each row of it.
    """
    total = 0.0
    for name, tensor in _distinct(model).items():
        if name in packed:
            total += tensor.numel() * bits / 8 + tensor.shape[0] * scales
        else:
            total += tensor.numel() * tensor.element_size()
    return int(total)


def _distinct(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """Give the tensors that a model is saved as, by name; tied ones once."""
    state: Mapping[str, Any] = model.state_dict(keep_vars=True)
    first = {id(tensor): name for name, tensor in reversed(state.items())}
    return {name: state[name] for name in state if first[id(state[name])] == name}
