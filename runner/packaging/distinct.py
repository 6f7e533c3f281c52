"""When two sets of weights are one: the key of all that the files of weights depend on."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from runner import __version__
from runner.machine.libraries import installed
from runner.packaging.blueprint import Blueprint
from runner.packaging.weights import configured_shard_size
from runner.recipe.language.models import Recipe
from runner.recipe.language.sizes import parse_size
from runner.sources.checkpoint.files import sha256_of

_WRITERS = ("transformers", "torch", "safetensors", "gguf", "peft", "torchao", "bitsandbytes")
"""Packages that the bytes of weights may depend on."""
_OF_THE_MACHINE = ("_name_or_path",)
"""What a configuration says of where it was read, and its file does not."""


def weights_key(recipe: Recipe, parts: Blueprint, workdir: Path) -> str:
    """Give the key of the weights that a model will have: another one where a byte might differ.

    Args:
        recipe: The recipe.
        parts: Its parts.
        workdir: The folder of what was made for this run alone: files there go by their content,
            others by place, size and time of change.

    Returns:
        Hexadecimal digits.
    """
    limit = parse_size(recipe.max_shard_size or "")
    depends_on = {
        "files": [_identity(file, workdir) for file in _files(recipe, parts)],
        "model": parts.class_name,
        "config": _plain(parts.model.config.to_dict()),
        "generation": _generation(parts.model),
        "dtype": parts.dtype_name,
        "quantize": recipe.quantize.model_dump(mode="json") if recipe.quantize else None,
        "merge": recipe.merge,
        "left_out": sorted(parts.left_out),
        "code": dict(parts.code),
        "load": recipe.load.model_arguments,
        "limit": [limit, configured_shard_size()],
        "writers": {name: installed(name) for name in _WRITERS} | {"runner": __version__},
    }
    text = json.dumps(depends_on, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _files(recipe: Recipe, parts: Blueprint) -> Iterable[Path]:
    """Give the files that the weights are made of, and those copied beside them."""
    folder = parts.checkpoint.folder
    names = {info.file for info in parts.tensors.values()} | {"config.json"} | {*parts.code}
    names |= {"generation_config.json"}
    if parts.checkpoint.gguf:
        names.add(parts.checkpoint.gguf)
    elif not parts.tensors:  # computed: of whatever weights are there
        names |= {path.name for path in folder.glob("*.safetensors*")}
        names |= {path.name for path in folder.glob("*.bin*")}
    yield from (folder / name for name in sorted(names))
    if recipe.merge and (adapter := parts.origins.get("adapter")):
        yield from sorted(path for path in adapter.folder.iterdir() if path.is_file())


def _identity(file: Path, workdir: Path) -> list[Any]:
    if not file.is_file():
        return [file.name]
    lies = file.resolve()
    if lies.is_relative_to(workdir.resolve()):
        return [file.name, sha256_of(lies)]
    stat = lies.stat()
    return [file.name, str(lies), stat.st_size, stat.st_mtime_ns]


def _generation(model: Any) -> dict[str, Any] | None:
    return _plain(model.generation_config.to_dict()) if model.can_generate() else None


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in _OF_THE_MACHINE}
