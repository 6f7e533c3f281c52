"""What a checkpoint's safetensors files hold, read from their headers alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from runner.errors import SourceError

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
_LARGEST_HEADER = 100 * 2**20
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "I16": 16, "U16": 16, "F16": 16,
    "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip


@dataclass(frozen=True)
class TensorInfo:
    """One stored tensor.

    Args:
        dtype: safetensors dtype name, such as ``BF16``.
        shape: Its shape.
        folder: Folder of the checkpoint.
        file: Name of the file in it.
        offset: Where its bytes start, from the start of the file.
        nbytes: How many bytes it has.
    """

    dtype: str
    shape: tuple[int, ...]
    folder: Path
    file: str
    offset: int
    nbytes: int

    @property
    def path(self) -> Path:
        """The file that holds it."""
        return self.folder / self.file


def read_headers(folder: Path) -> dict[str, TensorInfo]:
    """Read which tensors a checkpoint holds, without reading them.

    Args:
        folder: Folder with ``model.safetensors``, or its shards and their index.

    Returns:
        The tensors by name, in the order they are stored.

    Raises:
        SourceError: There are none, a shard is missing, or a file is corrupt.

    Source: the safetensors format.
    """
    tensors: dict[str, TensorInfo] = {}
    for name in _files(folder):
        tensors |= dict(_read_file(folder, name))
    return tensors


def _files(folder: Path) -> list[str]:
    index = folder / INDEX_FILE
    if (folder / SINGLE_FILE).is_file():
        return [SINGLE_FILE]
    if not index.is_file():
        pickled = sorted(p.name for p in folder.glob("*.bin"))
        if pickled:
            raise SourceError(
                f"{folder} holds {pickled[0]}, a pickle file, which can run code when it is read",
                "Save the checkpoint as safetensors (model.save_pretrained does) and use that.",
            )
        raise SourceError(
            f"{folder} holds no weights: neither {SINGLE_FILE} nor {INDEX_FILE}",
            "Point the source at a folder that save_pretrained wrote.",
        )
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (ValueError, KeyError, AttributeError) as error:
        raise SourceError(f"{index} is corrupt: {error}", "Fetch the checkpoint again.") from error
    for name in names:
        if "/" in name or not (folder / name).is_file():
            raise SourceError(
                f"{name} is missing from {folder}, though {INDEX_FILE} lists it",
                "Fetch the checkpoint again.",
            )
    return names


def _read_file(folder: Path, name: str) -> Iterator[tuple[str, TensorInfo]]:
    path = folder / name
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(_LARGEST_HEADER, size - 8):
            raise _corrupt(path, "its header does not fit into it")
        header = _parse(path, file.read(length))
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        info = _info(folder, name, 8 + length, key, entry)
        if info.offset + info.nbytes > size:
            raise _corrupt(path, f"{key} ends after the file does, which has {size} bytes")
        yield key, info


def _parse(path: Path, text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except ValueError as error:
        raise _corrupt(path, f"its header is not JSON ({error})") from error
    if not isinstance(header, dict):
        raise _corrupt(path, "its header is not a JSON object")
    return header


def _info(folder: Path, name: str, start: int, key: str, entry: Any) -> TensorInfo:
    try:
        begin, end = entry["data_offsets"]
        info = TensorInfo(
            entry["dtype"], tuple(entry["shape"]), folder, name, start + begin, end - begin
        )
        wrong = info.nbytes * 8 != prod(info.shape) * _BITS[info.dtype]
    except (KeyError, TypeError, ValueError) as error:
        raise _corrupt(folder / name, f"the entry of {key} is malformed") from error
    if wrong:
        raise _corrupt(folder / name, f"{key} has another size than its shape and dtype give")
    return info


def _corrupt(path: Path, why: str) -> SourceError:
    return SourceError(f"{path} is corrupt: {why}", "Fetch the checkpoint again.")
