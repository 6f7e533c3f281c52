"""The forms that checkpoints come in: each function copies one, changes it, and gives the copy."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

SINGLE = "model.safetensors"
ONE_SHARD = "model-00001-of-00001.safetensors"
ONE_PICKLE = "pytorch_model-00001-of-00001.bin"


def one_shard(source: Path, folder: Path) -> Path:
    """One file with the name of a shard, and its index."""
    shutil.copytree(source, folder)
    (folder / SINGLE).rename(folder / ONE_SHARD)
    return _index(folder, ONE_SHARD, list(load_file(folder / ONE_SHARD)), SINGLE)


def shards(source: Path, folder: Path) -> Path:
    """Two files and their index."""
    tensors = _without_weights(source, folder)
    names = sorted(tensors)
    places = {
        name: f"model-{1 + place % 2:05d}-of-00002.safetensors" for place, name in enumerate(names)
    }
    for file in sorted(set(places.values())):
        part = {name: tensors[name] for name in names if places[name] == file}
        save_file(part, folder / file, {"format": "pt"})
    index = {"metadata": {}, "weight_map": places}
    (folder / f"{SINGLE}.index.json").write_text(json.dumps(index))
    return folder


def one_pickle_shard(source: Path, folder: Path) -> Path:
    """The same in a pickle file."""
    tensors = _without_weights(source, folder)
    torch.save(tensors, folder / ONE_PICKLE)
    return _index(folder, ONE_PICKLE, list(tensors), "pytorch_model.bin")


def pickled(source: Path, folder: Path, *, old: bool = False) -> Path:
    """A pickle file; in the form of torch before 1.6, which cannot be mapped into memory."""
    tensors = _without_weights(source, folder)
    torch.save(tensors, folder / "pytorch_model.bin", _use_new_zipfile_serialization=not old)
    return folder


def variant(source: Path, folder: Path, name: str = "fp16", *, pickle: bool = False) -> Path:
    """Weights in a variant, in half precision; those without a name are others."""
    tensors = _without_weights(source, folder)
    halved = {key: tensor.half() for key, tensor in tensors.items()}
    if pickle:
        torch.save(halved, folder / f"pytorch_model.{name}.bin")
        return folder
    save_file(halved, folder / f"model.{name}.safetensors", {"format": "pt"})
    zeros = {key: torch.zeros_like(tensor) for key, tensor in tensors.items()}
    save_file(zeros, folder / SINGLE, {"format": "pt"})
    return folder


def renamed(source: Path, folder: Path, rename: Callable[[str], str]) -> Path:
    """Tensors under other names."""
    tensors = _without_weights(source, folder)
    save_file({rename(k): t for k, t in tensors.items()}, folder / SINGLE, {"format": "pt"})
    return folder


def with_tensors(source: Path, folder: Path, **more: torch.Tensor) -> Path:
    """Tensors beside its own, or in place of them; dots are written as two underscores."""
    tensors = _without_weights(source, folder)
    added = {name.replace("__", "."): tensor for name, tensor in more.items()}
    save_file(tensors | added, folder / SINGLE, {"format": "pt"})
    return folder


def saying(source: Path, folder: Path, file: str = "config.json", **values: Any) -> Path:
    """A file of it says other values; a value of None takes the key away."""
    shutil.copytree(source, folder)
    said = json.loads((folder / file).read_text()) if (folder / file).is_file() else {}
    said |= values
    kept = {key: value for key, value in said.items() if value is not None}
    (folder / file).write_text(json.dumps(kept))
    return folder


def without_pad_token(source: Path, folder: Path) -> Path:
    """A tokenizer without a token to pad with, and a model that knows of none."""
    saying(source, folder, pad_token_id=None)
    for file in ("tokenizer_config.json", "special_tokens_map.json"):
        said = json.loads((folder / file).read_text())
        said.pop("pad_token", None)
        (folder / file).write_text(json.dumps(said))
    return folder


def with_more_tokens(source: Path, folder: Path) -> Path:
    """A tokenizer with tokens that the model has no embeddings for."""
    shutil.copytree(source, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["<more>", "<and more>"])
    tokenizer.save_pretrained(folder)
    return folder


def _without_weights(source: Path, folder: Path) -> dict[str, torch.Tensor]:
    shutil.copytree(source, folder)
    tensors = load_file(folder / SINGLE)
    (folder / SINGLE).unlink()
    return tensors


def _index(folder: Path, file: str, names: list[str], single: str) -> Path:
    index = {"metadata": {}, "weight_map": dict.fromkeys(names, file)}
    (folder / f"{single}.index.json").write_text(json.dumps(index))
    return folder
