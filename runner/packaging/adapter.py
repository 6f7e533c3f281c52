"""PEFT adapters: small weights on top of a base model, checked against it by shape alone."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from runner.errors import SourceError
from runner.sources import Checkpoint
from runner.sources.checkpoint.safetensors_header import ADAPTER_FILE, TensorInfo, read_file

CONFIG = "adapter_config.json"
FOLDER = "peft"
"""Where MLflow's ``transformers`` flavor looks for an adapter, inside a model."""

_FILES = (CONFIG, ADAPTER_FILE, "README.md")
_ROOT = "base_model.model."
_PART = re.compile(r"\.(lora_\w+|ia3_l\w*|vera_\w+|hada_\w+|lokr_\w+)(\.|$)")
_MERGEABLE = {"LORA", "IA3", "LOHA", "LOKR", "VERA", "ADALORA", "OFT", "BOFT"}
_OTHER_BASE = "Take the base model that the adapter was trained on, or another adapter."


@dataclass(frozen=True)
class Adapter:
    """An adapter that fits its base model.

    Args:
        checkpoint: Where it lies.
        type: Its type as PEFT names it, such as ``LORA``.
    """

    checkpoint: Checkpoint
    type: str

    def insist_on_mergeable(self, *, asked: bool) -> None:
        """Refuse to merge what stays apart.

        Args:
            asked: Whether the recipe asks for it.

        Raises:
            SourceError: It does, and the adapter is of a type that cannot.
        """
        if asked and self.type not in _MERGEABLE:
            raise SourceError(
                f"an adapter of type {self.type} cannot be merged into weights",
                "Leave `merge` out: it is then stored beside the base model.",
            )


def read_adapter(
    checkpoint: Checkpoint, model: PreTrainedModel, *, weights: bool = True
) -> Adapter:
    """Read an adapter, and see by its shapes that it was trained on a base like this one.

    Args:
        checkpoint: Where it lies.
        model: The base model; its weights need not be there.
        weights: Whether the adapter's own are there; else its configuration alone is looked at.

    Raises:
        SourceError: It is no adapter, or one of another model.
    """
    file = checkpoint.folder / CONFIG
    try:
        config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        kind = str(config["peft_type"])
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise SourceError(
            f"{file} is no configuration of an adapter: {error}", "Save it again with PEFT."
        ) from error
    tensors = read_file(checkpoint.folder, ADAPTER_FILE) if weights else {}
    problem = _problem(config, tensors, model)
    if problem:
        raise SourceError(
            f"the adapter {checkpoint.name} does not fit the base model: {problem}", _OTHER_BASE
        )
    return Adapter(checkpoint, kind)


def _problem(
    config: Mapping[str, Any], tensors: Mapping[str, TensorInfo], model: PreTrainedModel
) -> str:
    modules = dict(model.named_modules())
    for name, info in tensors.items():
        match = _PART.search(name)
        if match is None:
            continue
        module = name[: match.start()].removeprefix(_ROOT)
        if module not in modules:
            return f"it changes {module}, which {type(model).__name__} does not have"
        if wrong := _shape_problem(match[1], info.shape, modules[module]):
            return f"{module} {wrong}"
    layers = config.get("num_layers")
    width = config.get("token_dim")
    text: Any = model.config.get_text_config()
    for said, name in ((layers, "num_hidden_layers"), (width, "hidden_size")):
        has = getattr(text, name, None)
        if said is not None and has is not None and said != has:
            return f"it was trained for {name} {said}, the model has {has}"
    return ""


def _shape_problem(part: str, shape: tuple[int, ...], module: Any) -> str:
    weight = getattr(module, "weight", None)
    if weight is None or weight.ndim != 2 or len(shape) != 2:
        return ""
    sides = {int(side) for side in weight.shape}
    given = {"lora_A": shape[1:], "lora_B": shape[:1]}.get(part, ())
    if part.startswith("ia3_l"):
        given = (max(shape),)
    if all(side in sides for side in given):
        return ""
    return f"is {' by '.join(map(str, weight.shape))}, the adapter's {part} {list(shape)}"


def merge(adapter: Adapter, base: PreTrainedModel, dtype: torch.dtype) -> PreTrainedModel:
    """Make an adapter a part of the base model's weights.

    Args:
        adapter: The adapter.
        base: The base model with its weights, in float32.
        dtype: dtype of the result.
    """
    from peft import PeftModel

    loaded: Any = PeftModel.from_pretrained(base, str(adapter.checkpoint.folder))
    return loaded.merge_and_unload().to(dtype)


def write_adapter(adapter: Adapter, model_folder: Path, base: str) -> None:
    """Copy an adapter into a model.

    Args:
        adapter: The adapter.
        model_folder: The model folder.
        base: What its configuration is to name as its base: a repository or a folder.
    """
    target = model_folder / FOLDER
    target.mkdir()
    for name in _FILES:
        if (adapter.checkpoint.folder / name).is_file():
            shutil.copyfile(adapter.checkpoint.folder / name, target / name)
    config = json.loads((target / CONFIG).read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = base
    text = json.dumps(config, indent=2, sort_keys=True) + "\n"
    (target / CONFIG).write_text(text, encoding="utf-8")
