"""Where the weights of two folders differ: tensor by tensor, as they are stored."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch

from runner.packaging.dtypes import is_floating, torch_dtype_of
from runner.sources.checkpoint.safetensors_header import TensorInfo, read_file, read_headers

_CHUNK = 2**22
"""Numbers that are compared at once."""


def differing_weights(
    source: Path, saved: Path, files: Sequence[str], called: str = "the weights"
) -> Iterator[str]:
    """Say how the weights of a saved model differ from its source's; nothing where they are alike.

    Args:
        source: Folder of the source.
        saved: Folder of the saved model.
        files: Names of a file that holds weights, or the index of several.
        called: What the weights are called.
    """
    if not all(any((folder / name).is_file() for name in files) for folder in (source, saved)):
        return
    theirs, ours = (_headers(folder, files) for folder in (source, saved))
    if missing := sorted(theirs.keys() - ours.keys()):
        yield f"{called} lack {missing[0]}"
    for name in sorted(theirs.keys() & ours.keys()):
        if not _alike(theirs[name], ours[name]):
            yield f"{called} differ in {name}"
            return


def _headers(folder: Path, files: Sequence[str]) -> Mapping[str, TensorInfo]:
    return read_file(folder, files[0]) if len(files) == 1 else read_headers(folder)


def _alike(theirs: TensorInfo, ours: TensorInfo) -> bool:
    """Compare two tensors; one that was cast with what the other becomes by that."""
    if theirs.shape != ours.shape:
        return False
    if theirs.dtype != ours.dtype and not (is_floating(theirs.dtype) and is_floating(ours.dtype)):
        return False
    target = torch_dtype_of(ours.dtype)
    return all(
        torch.equal(first.to(target).view(torch.uint8), second.view(torch.uint8))
        for first, second in zip(_chunks(theirs), _chunks(ours), strict=True)
    )


def _chunks(info: TensorInfo) -> Iterator[torch.Tensor]:
    dtype = torch_dtype_of(info.dtype)
    with info.path.open("rb") as file:
        file.seek(info.offset)
        left = info.nbytes
        while left:
            data = file.read(min(left, _CHUNK * dtype.itemsize))
            left -= len(data)
            yield torch.frombuffer(bytearray(data), dtype=dtype)
