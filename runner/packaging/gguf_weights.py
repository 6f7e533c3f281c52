"""The weights of a GGUF file: converted once, however many dtypes are asked for."""

import hashlib
import json
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import PreTrainedModel

from runner.errors import SourceError, first_line, raise_if_ours
from runner.packaging.blueprint import Blueprint
from runner.packaging.in_memory import save_loaded
from runner.packaging.storage import appearing, need_room, share_file
from runner.recipe.language.models import Recipe

_WIDEST = torch.float32
"""What a file is converted into; every other dtype is rounded from it."""
_KEPT: ContextVar[Path | None] = ContextVar("folder of what was converted", default=None)


@contextmanager
def converted_once(folder: Path) -> Generator[None]:
    """Keep what is converted inside for whoever wants it in another dtype.

    All that is loaded inside of one file is loaded with the same arguments.

    Args:
        folder: Where; on the disk of the models, so that what is one of them lies there once.
    """
    kept = _KEPT.set(folder)
    try:
        yield
    finally:
        _KEPT.reset(kept)


def from_gguf(blueprint: Blueprint, recipe: Recipe) -> PreTrainedModel:
    """Compute weights in their dtype from those that a file holds in few bits.

    Args:
        blueprint: What the model will be.
        recipe: The recipe.

    Raises:
        SourceError: transformers cannot read the file.
    """
    place = _place(blueprint)
    loader: Any = getattr(transformers, blueprint.task.auto_models[0])
    model: Any
    if place is None or (blueprint.dtype == _WIDEST and not place.is_dir()):
        model = convert(loader, blueprint, recipe, blueprint.dtype)
    else:
        if not place.is_dir():
            _convert_into(place, loader, blueprint, recipe)
        arguments = recipe.load.model_arguments
        model = loader.from_pretrained(
            str(place), config=blueprint.config, dtype=blueprint.dtype, **arguments
        )
    model.name_or_path = str(blueprint.checkpoint.folder)
    model.hf_quantizer = None  # what was loaded is dequantized; transformers 5 would not save it
    return model


def keep(blueprint: Blueprint, folder: Path) -> None:
    """Keep weights as they were saved, where others may want them in another dtype.

    Args:
        blueprint: What the model is.
        folder: Where it was saved.
    """
    place = _place(blueprint)
    if place and blueprint.dtype == _WIDEST and not place.is_dir():
        with appearing(place) as staged:
            for file in folder.iterdir():
                share_file(file, staged / file.name)


def _place(blueprint: Blueprint) -> Path | None:
    """Give where the conversion is kept that weights are made of; None where none is kept."""
    folder, name = _KEPT.get(), blueprint.checkpoint.gguf
    if folder is None or not name:
        return None
    stat = (blueprint.checkpoint.folder / name).stat()
    config = {k: v for k, v in blueprint.config.to_dict().items() if not k.endswith("dtype")}
    said = [stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, config]
    text = json.dumps(said, sort_keys=True, default=str)
    return folder / hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _convert_into(place: Path, loader: Any, blueprint: Blueprint, recipe: Recipe) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    need_room(place.parent, blueprint.parameters * _WIDEST.itemsize)
    model: Any = convert(loader, blueprint, recipe, _WIDEST)
    model.hf_quantizer = None
    with appearing(place) as staged:
        save_loaded(model, staged)


def convert(
    loader: Any, blueprint: Blueprint, recipe: Recipe, dtype: torch.dtype
) -> PreTrainedModel:
    """Convert the file, whatever was converted before.

    Args:
        loader: The auto class that loads it.
        blueprint: What the model will be.
        recipe: The recipe.
        dtype: The dtype of the weights.

    Raises:
        SourceError: transformers cannot read the file.
    """
    checkpoint = blueprint.checkpoint
    try:
        return loader.from_pretrained(
            str(checkpoint.folder),
            gguf_file=checkpoint.gguf,
            config=blueprint.config,
            dtype=dtype,
            **recipe.load.model_arguments,
        )
    except Exception as error:
        raise_if_ours(error)
        raise SourceError(
            f"{checkpoint.gguf} of {checkpoint.name} cannot be loaded: {first_line(error)}",
            f"Check that transformers {transformers.__version__} reads GGUF files of this "
            "architecture, and that the file is whole.",
        ) from error
