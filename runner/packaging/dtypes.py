"""dtypes: what a recipe asks for, what a file holds, and what torch calls it."""

from collections import Counter
from collections.abc import Iterable

import torch
from transformers import PretrainedConfig

from runner.errors import SourceError
from runner.recipe.language.models import Dtype
from runner.sources.checkpoint.safetensors_header import TensorInfo

_TORCH = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "F8_E8M0": torch.float8_e8m0fnu,
    "U64": torch.uint64,
    "U32": torch.uint32,
    "U16": torch.uint16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_SAFETENSORS = {dtype: name for name, dtype in _TORCH.items()}
_CASTABLE = {"F64", "F32", "F16", "BF16"}


def torch_dtype_of(name: str) -> torch.dtype:
    """Give the torch dtype of a safetensors dtype name, such as ``BF16``.

    Raises:
        SourceError: It is one that transformers does not load.
    """
    if name not in _TORCH:
        raise SourceError(
            f"the checkpoint holds weights as {name}, which transformers does not load",
            f"Save it again in one of {', '.join(sorted(_CASTABLE))}.",
        )
    return _TORCH[name]


def safetensors_name_of(dtype: torch.dtype) -> str:
    """Give the safetensors name of a torch dtype."""
    return _SAFETENSORS[dtype]


def is_floating(name: str) -> bool:
    """Say whether a safetensors dtype is one that ``dtype`` in a recipe applies to."""
    return name in _CASTABLE


def choose_dtype(
    asked: Dtype, config: PretrainedConfig, tensors: Iterable[TensorInfo] = ()
) -> torch.dtype:
    """Choose the dtype to write.

    Args:
        asked: The recipe's ``dtype``.
        config: The checkpoint's configuration.
        tensors: The checkpoint's tensors.

    Returns:
        The dtype asked for; for ``auto`` the one the configuration names, else the one most of
        the stored weights have, as ``from_pretrained(dtype="auto")`` does.
    """
    if asked != "auto":
        return getattr(torch, asked)
    declared = getattr(config, "dtype", None)
    if isinstance(declared, torch.dtype):
        return declared
    if isinstance(declared, str):
        return getattr(torch, declared.removeprefix("torch."))
    stored: Counter[str] = Counter()
    for info in tensors:
        if is_floating(info.dtype):
            stored[info.dtype] += info.nbytes
    return torch_dtype_of(stored.most_common(1)[0][0]) if stored else torch.float32
