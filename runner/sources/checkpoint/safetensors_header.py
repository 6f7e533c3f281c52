"""What a checkpoint's safetensors files hold, read from their headers alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, cast

from runner.errors import SourceError
from runner.sources.checkpoint.untrusted import parse_strict_json, read_json

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
ADAPTER_FILE = "adapter_model.safetensors"
LFS_POINTER = b"version https://git-lfs"
"""What a file starts with that git checked out without fetching its content."""
_LARGEST_HEADER = 100 * 2**20
_CHUNK = 2**24
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
    "F16": 16, "BF16": 16, "F32": 32, "F64": 64, "C64": 64, "F8_E5M2": 8, "F8_E4M3": 8,
    "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}  # fmt: skip
_FORMATS = ("pt", "mlx")
"""What wrote the files that transformers reads as they are."""


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
    listed = weight_map(folder) if not (folder / SINGLE_FILE).is_file() else {}
    tensors: dict[str, TensorInfo] = {}
    for name in sorted(set(listed.values())) or [SINGLE_FILE]:
        try:
            tensors |= dict(_read_file(folder, name, _FORMATS))
        except OSError as error:
            raise SourceError(
                f"{folder / name} cannot be read: {error.strerror or error}",
                "Check its permissions and the disk it is on.",
            ) from error
    for tensor, name in listed.items():
        if tensor not in tensors:
            raise _corrupt(folder / name, f"{tensor} is not in it, though {INDEX_FILE} says so")
    if not tensors:
        raise _corrupt(folder / SINGLE_FILE, "it holds no tensors")
    return tensors


def read_file(folder: Path, name: str) -> dict[str, TensorInfo]:
    """Read the header of one safetensors file.

    Args:
        folder: Its folder.
        name: Its name.

    Returns:
        Its tensors, by name.

    Raises:
        SourceError: It cannot be read, or is corrupt.
    """
    try:
        return dict(_read_file(folder, name))
    except OSError as error:
        raise SourceError(
            f"{folder / name} cannot be read: {error.strerror or error}",
            "Check that it is there, and its permissions.",
        ) from error


def weight_map(folder: Path) -> dict[str, str]:
    """Read the index of a checkpoint in shards.

    Args:
        folder: Folder with the index; the shards need not be there.

    Returns:
        The file of each tensor, by tensor.

    Raises:
        SourceError: The index is missing or corrupt, or a shard it lists is missing.
    """
    index = folder / INDEX_FILE
    if not index.is_file():
        raise _no_weights(folder)
    listed = read_index(index)
    for name in sorted(set(listed.values())):
        if not (folder / name).is_file():
            raise SourceError(
                f"{name} is missing from {folder}, though {INDEX_FILE} lists it",
                "Fetch the checkpoint again.",
            )
    return listed


def read_index(index: Path) -> dict[str, str]:
    """Read which file holds which tensor, without looking for the files.

    Args:
        index: The index of a checkpoint in shards.

    Returns:
        The file of each tensor, by tensor.

    Raises:
        SourceError: The index is corrupt.
    """
    try:
        said: Any = read_json(index)
        listed: Any = said["weight_map"]
        names = set(listed.values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _corrupt(index, f"it has no weight_map of tensors to files ({error})") from error
    if not isinstance(said.get("metadata"), dict):
        raise _corrupt(index, "it has no metadata, without which transformers reads no index")
    outside = [n for n in names if not isinstance(n, str) or Path(n).name != n]
    if outside or not names:
        raise _corrupt(index, f"{outside[0]!r} is no file name" if outside else "it lists no file")
    return cast("dict[str, str]", listed)


def same_bytes(left: TensorInfo, right: TensorInfo) -> bool:
    """Say whether two stored tensors have the same bytes; they are read a piece at a time.

    Args:
        left: A tensor.
        right: Another.
    """
    if left.nbytes != right.nbytes:
        return False
    with left.path.open("rb") as first, right.path.open("rb") as second:
        first.seek(left.offset)
        second.seek(right.offset)
        for start in range(0, left.nbytes, _CHUNK):
            size = min(_CHUNK, left.nbytes - start)
            if first.read(size) != second.read(size):
                return False
    return True


def _no_weights(folder: Path) -> SourceError:
    pickled = sorted(p.name for pattern in ("*.bin", "*.pt", "*.pth") for p in folder.glob(pattern))
    if pickled:
        return SourceError(
            f"{folder} holds {pickled[0]}, a pickle file, which can run code when it is read",
            "Save the checkpoint as safetensors (model.save_pretrained does), or write "
            "`allow_pickle: true` and its tensors alone are read.",
        )
    return SourceError(
        f"{folder} holds no weights: neither {SINGLE_FILE} nor {INDEX_FILE}",
        "Point the source at a folder that save_pretrained wrote.",
    )


def _read_file(
    folder: Path, name: str, formats: tuple[str, ...] = ()
) -> Iterator[tuple[str, TensorInfo]]:
    path = folder / name
    size = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(8)
        if prefix == LFS_POINTER[:8]:
            raise SourceError(
                f"{path} is a pointer of git-lfs, not the file it stands for",
                "Run git lfs pull where it was cloned.",
            )
        length = int.from_bytes(prefix, "little")
        if not 0 < length <= min(_LARGEST_HEADER, size - 8):
            raise _corrupt(path, f"its header does not fit into its {size} bytes")
        header = _parse(path, file.read(length))
    metadata = header.pop("__metadata__", None)
    if not _is_text_only(metadata):
        raise _corrupt(path, "its __metadata__ is no mapping of texts to texts")
    if formats and metadata is not None and metadata.get("format") not in formats:
        raise SourceError(
            f"{path} says that its format is {metadata.get('format')}, of which transformers reads "
            f"{' and '.join(formats)}",
            "Save the checkpoint again with model.save_pretrained.",
        )
    found = {key: _info(folder, name, 8 + length, key, entry) for key, entry in header.items()}
    _check_cover(path, found, 8 + length, size)
    yield from found.items()


def _is_text_only(metadata: Any) -> bool:
    if not isinstance(metadata, dict):
        return metadata is None
    return all(isinstance(value, str) for value in cast("dict[str, Any]", metadata).values())


def _parse(path: Path, text: bytes) -> dict[str, Any]:
    try:
        header = parse_strict_json(text)
    except ValueError as error:
        raise _corrupt(path, f"its header is not JSON ({error})") from error
    if not isinstance(header, dict):
        raise _corrupt(path, "its header is not a JSON object")
    return cast("dict[str, Any]", header)


def _info(folder: Path, name: str, start: int, key: str, entry: Any) -> TensorInfo:
    path = folder / name
    try:
        begin, end = map(_whole, entry["data_offsets"])
        shape = tuple(map(_whole, entry["shape"]))
        dtype = str(entry["dtype"])
    except (KeyError, TypeError, ValueError) as error:
        raise _corrupt(path, f"the entry of {key} is malformed") from error
    if dtype not in _BITS:
        raise SourceError(
            f"{path} holds {key} as {dtype}, a dtype that is not known here",
            f"Known are {', '.join(sorted(_BITS))}.",
        )
    if begin < 0 or min(shape, default=0) < 0 or (end - begin) * 8 != prod(shape) * _BITS[dtype]:
        raise _corrupt(path, f"{key} has another size than its shape and dtype give")
    return TensorInfo(dtype, shape, folder, name, start + begin, end - begin)


def _whole(number: Any) -> int:
    if type(number) is not int:
        raise TypeError("it is no whole number")
    return number


def _check_cover(path: Path, tensors: dict[str, TensorInfo], start: int, size: int) -> None:
    """Check that the tensors lie one after the other, from the header to the end of the file."""
    for key, info in sorted(tensors.items(), key=lambda item: (item[1].offset, item[1].nbytes)):
        if info.offset != start:
            raise _corrupt(path, f"{key} does not start where the tensor before it ends")
        start = info.offset + info.nbytes
    if start > size:
        raise _corrupt(path, f"its header says {start} bytes and it has {size}")
    if start < size:
        raise _corrupt(path, f"it has {size - start} bytes more than its header says")


def _corrupt(path: Path, why: str) -> SourceError:
    return SourceError(f"{path} is corrupt: {why}", "Fetch the checkpoint again.")
