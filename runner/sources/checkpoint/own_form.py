"""Quantised weights as tensors of their package's own kind, which pickle files alone can hold.

They stay in their files: transformers reads these with torch's weights-only unpickler, which runs
no code of theirs.
"""

import pickle
import struct
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import SourceError
from runner.sources.checkpoint.quantisation import quantisation_of
from runner.sources.checkpoint.safetensors_header import (
    INDEX_FILE,
    SINGLE_FILE,
    TensorInfo,
    read_headers,
    read_index,
)
from runner.sources.checkpoint.variants import PICKLE, PICKLE_INDEX

if TYPE_CHECKING:
    import torch

_DTYPES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64",
           "int32": "I32", "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL"}  # fmt: skip
BAD_PICKLE = (
    *(pickle.UnpicklingError, RuntimeError, OSError, EOFError, ValueError, LookupError, TypeError),
    *(AttributeError, AssertionError, ArithmeticError, MemoryError, struct.error),
)
"""What torch's unpickler raises: it does what the file says, and does not ask first if it can."""


def keeps_own_form(folder: Path) -> bool:
    """Say whether the weights of a checkpoint stay in pickle files.

    Args:
        folder: Its folder.
    """
    there = {name for name in (SINGLE_FILE, INDEX_FILE) if (folder / name).is_file()}
    found = None if there or not _files(folder) else quantisation_of(folder)
    return found is not None and found.method is not None and found.method.own_form


def stored_tensors(folder: Path) -> dict[str, TensorInfo]:
    """Read which tensors a checkpoint holds; of safetensors the headers alone.

    Args:
        folder: Its folder.

    Returns:
        The tensors by name. One of a package's own kind has the dtype and shape of the weight that
        it stands for, and the size that it takes.

    Raises:
        SourceError: There are none, or they cannot be read here.
    """
    if not keeps_own_form(folder):
        return read_headers(folder)
    return {name: info for file in _files(folder) for name, info in _read(folder, file)}


def _files(folder: Path) -> list[str]:
    if (folder / PICKLE_INDEX).is_file():
        return sorted(set(read_index(folder / PICKLE_INDEX).values()))
    return [PICKLE] if (folder / PICKLE).is_file() else []


def _read(folder: Path, file: str) -> Iterator[tuple[str, TensorInfo]]:
    import torch

    _insist_on_package(folder)
    try:
        found: Any = torch.load(folder / file, map_location="cpu", weights_only=True)
    except BAD_PICKLE as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise SourceError(
            f"{folder / file} cannot be read as weights alone: {reason}",
            "Nothing of it was run. Take the weights as they were before, and `quantize` them.",
        ) from error
    if not isinstance(found, dict) or not all(torch.is_tensor(one) for one in found.values()):
        raise SourceError(f"{folder / file} holds no weights: a mapping of names to tensors", "")
    for name, tensor in found.items():
        dtype = _DTYPES.get(str(tensor.dtype).removeprefix("torch."))
        if dtype is None:
            raise SourceError(
                f"{folder / file} holds {name} as {tensor.dtype}, which no model has", ""
            )
        yield str(name), TensorInfo(dtype, tuple(tensor.shape), folder, file, 0, _bytes(tensor))


def _insist_on_package(folder: Path) -> None:
    """Let the package tell torch which kinds of tensors are its own."""
    found = quantisation_of(folder)
    method = found.method if found else None
    if found is None or method is None or method.missing:
        missing = ", ".join(method.missing) if method else "its package"
        raise SourceError(
            f"the weights of {folder} are quantised ({found.name if found else ''}) and cannot be "
            f"loaded: {missing} is not installed",
            f"pip install {missing}",
        )
    for package in method.packages:
        import_module(package)


def _bytes(tensor: "torch.Tensor") -> int:
    """Give the size of a tensor, or of those that it is made of."""
    flatten: Any = getattr(tensor, "__tensor_flatten__", None)
    if flatten is None:
        return tensor.numel() * tensor.element_size()
    return sum(_bytes(getattr(tensor, name)) for name in flatten()[0])
