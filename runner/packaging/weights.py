"""Write weights without loading them: copied where nothing changes, else cast in a stream."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import torch
from transformers import PreTrainedModel

from runner.errors import StorageError
from runner.packaging.blueprint import Blueprint
from runner.packaging.dtypes import is_floating, safetensors_name_of, torch_dtype_of
from runner.packaging.gguf_weights import keep
from runner.packaging.in_memory import save_loaded, write_generation
from runner.packaging.remote_code import copy_code
from runner.packaging.storage import clone_file
from runner.recipe.language.sizes import parse_size
from runner.sources.base import Progress
from runner.sources.checkpoint.safetensors_header import INDEX_FILE, SINGLE_FILE, TensorInfo
from runner.sources.checkpoint.variants import PICKLE, PICKLE_INDEX
from runner.upstream.quantizers import saves_safetensors
from runner.upstream.transformers_api import kept_in_float32

_DEFAULT_SHARD_SIZE = "500MB"
_SHARD_SIZE_VARIABLE = "MLFLOW_HUGGINGFACE_MODEL_MAX_SHARD_SIZE"
_CONFIGS = ("config.json", "generation_config.json")
_CHUNK = 8 * 2**20


@dataclass(frozen=True)
class WeightsReport:
    """How the weights were written.

    Args:
        how: ``cloned``, ``copied``, ``split``, ``cast from float32 in a stream``, ``converted
            from GGUF``, ``merged``, ``quantised (torchao-int8)``, ``referenced`` or, where they
            were there already, ``weights kept``.
        bytes: Size of the files.
        kept: Whether they were there already.
        hashes: SHA-256 of files of which it is known, by name.
    """

    how: str
    bytes: int
    kept: bool = False
    hashes: Mapping[str, str] = field(default_factory=dict[str, str])


def write_weights(
    parts: Blueprint, folder: Path, progress: Progress, max_shard_size: int | None = None
) -> WeightsReport:
    """Write configuration and weights as ``PreTrainedModel.save_pretrained`` would.

    Args:
        parts: The parts; a weightless model's tensors are read from its checkpoint.
        folder: Folder to create and fill.
        progress: Told of the bytes written.
        max_shard_size: Largest file in bytes. Where nothing is asked for, a checkpoint's own files
            stay as they are, and others are as MLflow is configured.

    Returns:
        How it was done.

    Raises:
        OSError: The disk would not take it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    limit = max_shard_size or configured_shard_size()
    if parts.compute or not parts.weightless:
        return WeightsReport(_save(parts, folder, limit), _size(folder))
    if parts.code:
        copy_code(parts.checkpoint.folder, folder)
    if parts.stays_quantised:
        _copy_configs(parts, folder)
        return _copy_files(parts, folder, progress)
    _write_config(parts.model, folder)
    targets = {name: _target(name, info, parts) for name, info in parts.tensors.items()}
    changed = {
        parts.tensors[name].dtype
        for name, dtype in targets.items()
        if torch_dtype_of(parts.tensors[name].dtype) != dtype
    }
    whole = not (parts.left_out or (max_shard_size and _exceeds(parts, max_shard_size)))
    if not changed and whole:
        return _copy_files(parts, folder, progress)
    _write_files(parts.tensors, targets, limit, folder, progress)
    if not changed:
        return WeightsReport("split", _size(folder))
    origin = ", ".join(sorted(str(torch_dtype_of(d)).removeprefix("torch.") for d in changed))
    return WeightsReport(f"cast from {origin} in a stream", _size(folder))


def _save(parts: Blueprint, folder: Path, limit: int) -> str:
    """Let transformers save weights that were computed; say how they were."""
    model = parts.compute() if parts.compute else parts.model
    pickled = parts.quantised is not None and not saves_safetensors(model)
    form: dict[str, Any] = {"safe_serialization": False} if pickled else {}
    save_loaded(model, folder, max_shard_size=limit, **form)
    keep(parts, folder)
    if parts.quantised:
        return f"quantised ({parts.quantised.name})"
    return "converted from GGUF" if parts.checkpoint.gguf else "merged"


def configured_shard_size() -> int:
    """Give the largest file in bytes where no recipe says it, as MLflow is configured.

    Raises:
        StorageError: The configuration says no size.
    """
    text = os.environ.get(_SHARD_SIZE_VARIABLE, _DEFAULT_SHARD_SIZE)
    size = parse_size(text)
    if size is None:
        raise StorageError(
            f"{_SHARD_SIZE_VARIABLE}={text} is not a size",
            f"Set it to a size such as {_DEFAULT_SHARD_SIZE}, or unset it.",
        )
    return size


def _exceeds(parts: Blueprint, limit: int) -> bool:
    return any(file.stat().st_size > limit for file in {t.path for t in parts.tensors.values()})


def _copy_configs(parts: Blueprint, folder: Path) -> None:
    """Copy the configuration as it is: without what it says of quantisation weights are random."""
    for name in _CONFIGS:
        if (parts.checkpoint.folder / name).is_file():
            clone_file(parts.checkpoint.folder / name, folder / name)


def _write_config(model: PreTrainedModel, folder: Path) -> None:
    """Write config.json and generation_config.json as transformers' own save does."""
    config = model.config
    config.architectures = [type(model).__name__]
    config.dtype = str(model.dtype).removeprefix("torch.")
    config.save_pretrained(folder)
    if model.can_generate():
        write_generation(model.generation_config, folder)


def _target(name: str, info: TensorInfo, parts: Blueprint) -> torch.dtype:
    if not is_floating(info.dtype):
        return torch_dtype_of(info.dtype)
    return torch.float32 if _kept_in_float32(name, parts) else parts.dtype


def _kept_in_float32(name: str, parts: Blueprint) -> bool:
    """Follow transformers: some modules stay in float32 under float16, fewer under bfloat16."""
    if parts.dtype not in (torch.float16, torch.bfloat16):
        return False
    modules = kept_in_float32(parts.model, bfloat16=parts.dtype == torch.bfloat16)
    return any(re.search(rf"(^|\.){module}($|\.)", name) for module in modules)


def _copy_files(parts: Blueprint, folder: Path, progress: Progress) -> WeightsReport:
    source = parts.checkpoint.folder
    names = sorted({info.file for info in parts.tensors.values()})
    total = sum((source / name).stat().st_size for name in names)
    done = 0
    ways: set[str] = set()
    for name in names:
        ways.add(clone_file(source / name, folder / name))
        done += (source / name).stat().st_size
        progress("writing weights", done, total)
    if names not in ([SINGLE_FILE], [PICKLE]):
        index = PICKLE_INDEX if names[0].endswith(".bin") else INDEX_FILE
        ways.add(clone_file(source / index, folder / index))
    return WeightsReport("cloned" if ways == {"reflink"} else "copied", _size(folder))


def _write_files(
    tensors: Mapping[str, TensorInfo],
    targets: Mapping[str, torch.dtype],
    limit: int,
    folder: Path,
    progress: Progress,
) -> None:
    sizes = {name: _elements(info) * targets[name].itemsize for name, info in tensors.items()}
    shards = list(_shards(sizes, limit))
    total, done = sum(sizes.values()), 0
    weight_map: dict[str, str] = {}
    for number, names in enumerate(shards, start=1):
        file = "model.safetensors"
        if len(shards) > 1:
            file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        weight_map |= dict.fromkeys(names, file)
        base = done

        def tell(written: int, base: int = base) -> None:
            progress("writing weights", base + written, total)

        _write_shard(folder / file, {n: tensors[n] for n in names}, targets, tell)
        done += sum(sizes[name] for name in names)
    if len(shards) > 1:
        index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}
        text = json.dumps(index, indent=2) + "\n"
        (folder / "model.safetensors.index.json").write_text(text, encoding="utf-8")


def _shards(sizes: Mapping[str, int], limit: int) -> Iterator[list[str]]:
    """Group tensors into files of at most ``limit`` bytes, in the order they are stored."""
    shard: list[str] = []
    filled = 0
    for name, size in sizes.items():
        if shard and filled + size > limit:
            yield shard
            shard, filled = [], 0
        shard.append(name)
        filled += size
    if shard:
        yield shard


def _write_shard(
    file: Path,
    tensors: Mapping[str, TensorInfo],
    targets: Mapping[str, torch.dtype],
    tell: Callable[[int], None],
) -> None:
    """Write one safetensors file, a chunk of a tensor at a time.

    Source: the safetensors format: eight bytes of header length, a JSON header padded to eight
    bytes, then the tensors' bytes; widest dtypes first keeps every tensor aligned.
    """
    order = sorted(tensors, key=lambda name: (-targets[name].itemsize, name))
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    position = 0
    for name in order:
        size = _elements(tensors[name]) * targets[name].itemsize
        header[name] = {
            "dtype": safetensors_name_of(targets[name]),
            "shape": list(tensors[name].shape),
            "data_offsets": [position, position + size],
        }
        position += size
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    with file.open("wb") as out:
        out.write(len(encoded).to_bytes(8, "little"))
        out.write(encoded)
        for name in order:
            for chunk in _chunks(tensors[name], targets[name]):
                out.write(chunk)
                tell(out.tell())


def _chunks(info: TensorInfo, target: torch.dtype) -> Iterator[memoryview]:
    stored = torch_dtype_of(info.dtype)
    with info.path.open("rb") as source:
        source.seek(info.offset)
        for size in _chunk_sizes(info.nbytes):
            values = torch.frombuffer(bytearray(_read(source, size)), dtype=stored)
            yield values.to(target).view(torch.uint8).numpy().data


def _chunk_sizes(nbytes: int) -> Iterable[int]:
    whole, rest = divmod(nbytes, _CHUNK)
    return [*([_CHUNK] * whole), *([rest] if rest else [])]


def _read(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise OSError(f"{source.name} ended early: it changed while it was being read")
    return data


def _elements(info: TensorInfo) -> int:
    return info.nbytes // torch_dtype_of(info.dtype).itemsize


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
