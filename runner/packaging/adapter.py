"""PEFT adapters: small weights on top of a base model, checked against it by shape alone."""

import copy
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import torch
from transformers import PreTrainedModel

from runner.errors import SourceError, first_line, raise_if_ours
from runner.packaging.adapter_fit import shared_layer, unfit
from runner.packaging.brought import Brought
from runner.sources import Checkpoint
from runner.sources.checkpoint.safetensors_header import ADAPTER_FILE, TensorInfo, read_file
from runner.sources.checkpoint.untrusted import read_json

CONFIG = "adapter_config.json"
FOLDER = "peft"
"""Where MLflow's ``transformers`` flavor looks for an adapter, inside a model."""

_FILES = (CONFIG, ADAPTER_FILE, "README.md")
_WITHOUT_TYPES = "QUESTION_ANS"
"""The type of task whose ``token_type_ids`` PEFT takes and does not hand on.

Source: ``PeftModelForQuestionAnswering.forward`` of PEFT 0.21.
"""
_TOLD = ("n_tasks", "num_tasks")
"""How many tasks an adapter was trained for that asks with each text which of them it is."""
_OF_OTHERS = "adapters"
"""Where the adapters lie that another one puts together."""
_APART = "Leave `merge` out: it is then stored beside the base model."
_OTHER_BASE = "Take the base model that the adapter was trained on, or another adapter."


@dataclass(frozen=True)
class Adapter:
    """An adapter that fits its base model.

    Args:
        checkpoint: Where it lies.
        type: Its type as PEFT names it, such as ``LORA``.
        config: Its configuration.
        tensors: Its tensors; none where they are not at hand.
    """

    checkpoint: Checkpoint
    type: str
    config: Mapping[str, Any]
    tensors: Mapping[str, TensorInfo]

    @property
    def brought(self) -> Brought:
        """What it has in place of its base's weights."""
        return Brought.of(self.config, self.tensors)

    def insist_on_complete(self) -> None:
        """Refuse an adapter that wants more than a text, or another PEFT than the one that is here.

        Raises:
            SourceError: It does.
        """
        if self.type not in _tuners():
            raise SourceError(
                f"the adapter {self.checkpoint.name} is of type {self.type}, which PEFT "
                f"{version('peft')} does not know",
                "Install the version of peft that it was saved with, or convert it.",
            )
        if any(self.config.get(name) is not None for name in _TOLD):
            raise SourceError(
                f"the adapter {self.checkpoint.name} is of type {self.type}: with each text it has "
                "to be told which of its tasks that is (`task_ids`), which no pipeline does",
                "Take an adapter of one task.",
            )
        if self.config.get(_OF_OTHERS):
            raise SourceError(
                f"the adapter {self.checkpoint.name} is of type {self.type}: it puts other "
                "adapters together, and has only the names of their folders or repositories",
                "Take one of those adapters, or weights with which they are merged.",
            )

    def insist_on_mergeable(self, *, asked: bool) -> None:
        """Refuse to merge what stays apart.

        Args:
            asked: Whether the recipe asks for it.

        Raises:
            SourceError: It does, and the adapter is of a type that cannot.
        """
        repeats = self.config.get("layer_replication")
        if asked and (repeats or not _can_merge(self.type)):
            what = (
                "an adapter that repeats layers" if repeats else f"an adapter of type {self.type}"
            )
            raise SourceError(f"{what} cannot be merged into weights", _APART)

    def insist_on_fit(self, model: PreTrainedModel, *, merged: bool = False) -> None:
        """See by its shapes that it was trained on a base like this one.

        Args:
            model: The base model; its weights need not be there.
            merged: Whether it is to be a part of the weights.

        Raises:
            SourceError: It is an adapter of another model, or would answer otherwise when merged.
        """
        types = getattr(model.config, "type_vocab_size", None) or 0
        if merged and types > 1 and self.config.get("task_type") == _WITHOUT_TYPES:
            raise SourceError(
                f"PEFT runs the adapter {self.checkpoint.name} without saying which token is of "
                "the question and which of the context; merged it would be told, and answer "
                "otherwise",
                _APART,
            )
        problem = unfit(self.config, self.tensors, model)
        if not problem and self.tensors:
            problem = _injection_problem(self, model)
        if problem:
            raise SourceError(
                f"the adapter {self.checkpoint.name} does not fit the base model: {problem}",
                _OTHER_BASE,
            )
        if merged and (layer := shared_layer(self.config, self.tensors, model)):
            why = (
                f"it changes {layer}, whose weights another layer has too and would change with it"
            )
            raise _cannot_be_merged(self, why)
        if merged and self.tensors:
            why = _said_by_peft(lambda: _injected(self, model).merge_and_unload())
            if why:
                raise _cannot_be_merged(self, why)


def read_adapter(checkpoint: Checkpoint, *, weights: bool = True) -> Adapter:
    """Read an adapter.

    Args:
        checkpoint: Where it lies.
        weights: Whether its weights are there; else its configuration alone is looked at.

    Raises:
        SourceError: It is no adapter.
    """
    file = checkpoint.folder / CONFIG
    try:
        config: dict[str, Any] = read_json(file)
        kind = str(config["peft_type"])
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise SourceError(
            f"{file} is no configuration of an adapter: {error}", "Save it again with PEFT."
        ) from error
    tensors = read_file(checkpoint.folder, ADAPTER_FILE) if weights else {}
    return Adapter(checkpoint, kind, config, tensors)


def _can_merge(kind: str) -> bool:
    """Say whether PEFT has a way to make adapters of a type a part of the weights."""
    return hasattr(_tuners().get(kind), "merge_and_unload")


def _tuners() -> Mapping[str, Any]:
    """Give what PEFT makes adapters with, by their types."""
    from peft import PEFT_TYPE_TO_TUNER_MAPPING

    return cast("Mapping[str, Any]", PEFT_TYPE_TO_TUNER_MAPPING)


def _injection_problem(adapter: Adapter, model: PreTrainedModel) -> str:
    """Let PEFT itself put the adapter on an empty base; nothing where it can."""
    why = _said_by_peft(lambda: _injected(adapter, model))
    return f"PEFT cannot put it on a {type(model).__name__}: {why}" if why else ""


def _injected(adapter: Adapter, model: PreTrainedModel) -> Any:
    from peft import PeftConfig, get_peft_model

    config = PeftConfig.from_pretrained(str(adapter.checkpoint.folder))
    with torch.device("meta"):
        return get_peft_model(copy.deepcopy(model), config)


def _said_by_peft(does: Callable[[], object]) -> str:
    """Give PEFT's reason for not doing something with a model without numbers."""
    try:
        does()
    except Exception as error:
        raise_if_ours(error)
        asks_for_numbers = "meta" in str(error).lower()  # of which there are none
        return "" if asks_for_numbers else first_line(error)
    return ""


def merge(adapter: Adapter, base: PreTrainedModel, dtype: torch.dtype) -> PreTrainedModel:
    """Make an adapter a part of the base model's weights.

    Args:
        adapter: The adapter.
        base: The base model with its weights, in float32.
        dtype: dtype of the result.

    Raises:
        SourceError: PEFT cannot.
    """
    from peft import PeftModel

    try:
        loaded: Any = PeftModel.from_pretrained(base, str(adapter.checkpoint.folder))
        return loaded.merge_and_unload().to(dtype)
    except Exception as error:
        raise_if_ours(error)
        raise _cannot_be_merged(adapter, first_line(error)) from error


def _cannot_be_merged(adapter: Adapter, why: str) -> SourceError:
    return SourceError(
        f"the adapter {adapter.checkpoint.name} cannot be merged into weights: {why}", _APART
    )


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
    config = read_json(target / CONFIG)
    config["base_model_name_or_path"] = base
    text = json.dumps(config, indent=2, sort_keys=True) + "\n"
    (target / CONFIG).write_text(text, encoding="utf-8")
