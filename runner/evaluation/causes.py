"""The likely cause of an answer that is not the source's, by what differs between their files."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from transformers import AutoConfig, GenerationConfig

from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint
from runner.sources.checkpoint.safetensors_header import TensorInfo, read_headers

_WRITTEN_ANEW = {
    "architectures", "dtype", "torch_dtype", "transformers_version", "_name_or_path",
    "_from_model_config", "auto_map",
}  # fmt: skip
_SET_WHEN_SAVED = ("padding", "truncation", "version")
_CHUNK = 2**24


def likely_cause(
    recipe: Recipe, checkpoints: Mapping[str, Checkpoint], model: Path, view: str
) -> str:
    """Say what most likely makes a saved model answer otherwise than its source.

    Args:
        recipe: The recipe.
        checkpoints: The source's parts.
        model: The saved model.
        view: ``native`` or ``pyfunc``.
    """
    checkpoint = checkpoints["model"]
    tokenizer = checkpoints.get("tokenizer", checkpoint)
    saved = model / "model"
    found = [
        *_configuration(checkpoint.folder, saved, trusted=recipe.trust_remote_code),
        *_tokenizer(tokenizer.folder, model / "components" / "tokenizer"),
        *_weights(checkpoint.folder, saved),
    ]
    if found:
        return "; ".join(found)
    if recipe.contract.chat_template and recipe.prompt_template is None:
        return "the prompt template made of the tokenizer's chat template"
    if view == "pyfunc":
        return "the inference code: its defaults, truncation or padding"
    return "the adapter" if recipe.adapter else f"the dtype ({recipe.dtype}) or the way of loading"


def _configuration(source: Path, saved: Path, *, trusted: bool) -> Iterator[str]:
    if (source / "config.json").is_file() and (saved / "config.json").is_file():
        ours, theirs = (
            AutoConfig.from_pretrained(str(folder), trust_remote_code=trusted).to_dict()
            for folder in (saved, source)
        )
        yield from _keys("config.json", ours, theirs)
    if all((folder / "generation_config.json").is_file() for folder in (source, saved)):
        ours, theirs = (
            GenerationConfig.from_pretrained(str(folder)).to_dict() for folder in (saved, source)
        )
        yield from _keys("generation_config.json", ours, theirs)


def _keys(file: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    left, right = _as_read(ours), _as_read(theirs)
    names = sorted(left.keys() | right.keys())
    if differing := [name for name in names if left.get(name) != right.get(name)]:
        yield f"{file} differs in {', '.join(differing)}"


def _as_read(config: Any) -> Any:
    """Give a configuration without what every save writes anew."""
    if not isinstance(config, dict):
        return config
    return {k: _as_read(v) for k, v in config.items() if k not in _WRITTEN_ANEW}


def _tokenizer(source: Path, saved: Path) -> Iterator[str]:
    files = [folder / "tokenizer.json" for folder in (source, saved)]
    if not all(file.is_file() for file in files):
        return
    theirs, ours = ({**json.loads(file.read_text(encoding="utf-8"))} for file in files)
    names = sorted((ours.keys() | theirs.keys()) - {*_SET_WHEN_SAVED})
    if differing := [name for name in names if ours.get(name) != theirs.get(name)]:
        yield f"the tokenizer is another: tokenizer.json differs in {', '.join(differing)}"


def _weights(source: Path, saved: Path) -> Iterator[str]:
    if not any(source.glob("*.safetensors")) or not any(saved.glob("*.safetensors")):
        return
    ours, theirs = read_headers(saved), read_headers(source)
    if missing := sorted(theirs.keys() - ours.keys()):
        yield f"the weights lack {missing[0]}"
    for name in sorted(theirs.keys() & ours.keys()):
        if ours[name].dtype == theirs[name].dtype and not _same_bytes(ours[name], theirs[name]):
            yield f"the weights differ in {name}"
            return


def _same_bytes(left: TensorInfo, right: TensorInfo) -> bool:
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
