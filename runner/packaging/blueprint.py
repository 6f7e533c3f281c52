"""The blueprint: what a model will be, with every shape and no weight. The one way to build it.

Whoever needs to know a model without its weights draws its blueprint here, once a checkpoint: a
run, a plan, a lock, a rehearsal, weights put into a reference. So they say the same of it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
import transformers
from transformers import PretrainedConfig, PreTrainedModel

from runner.errors import SourceError
from runner.packaging.adapter import Adapter, read_adapter
from runner.packaging.asked import insist_on_known
from runner.packaging.base_model import base_of
from runner.packaging.brought import Brought
from runner.packaging.components import notes_on_parts, read_components
from runner.packaging.dtypes import choose_dtype, torch_dtype_of
from runner.packaging.fit import check_fit, check_shapes, notes_on, notes_on_labels, notes_on_tokens
from runner.packaging.meta import config_for, model_on_meta
from runner.packaging.other_version import understood
from runner.packaging.quantised import quantised_source, without_packed
from runner.packaging.quantising import planned_size
from runner.packaging.remote_code import code_of
from runner.packaging.sentences import read_sentences
from runner.packaging.sizes import memory_by_dtype, model_bytes, written_bytes
from runner.pyfunc.sentences import Sentences
from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint
from runner.sources.checkpoint.own_form import stored_tensors
from runner.sources.checkpoint.quantisation import Quantisation
from runner.sources.checkpoint.safetensors_header import (
    ADAPTER_FILE,
    INDEX_FILE,
    SINGLE_FILE,
    TensorInfo,
)
from runner.tasks import Task

_WEIGHT_FILES = (SINGLE_FILE, INDEX_FILE, ADAPTER_FILE)


@dataclass(frozen=True)
class Blueprint:
    """What a model is made of.

    Args:
        task: The task it serves.
        checkpoint: Where it comes from.
        config: Its configuration, as read.
        model: The model: every parameter on torch's ``meta`` device, with the shape and dtype it
            will have; in memory only where the signature is inferred of computed weights.
        dtype: dtype of the floating-point weights to write.
        tensors: The checkpoint's tensors, by name as written in its files; empty where they are
            not known, or where the weights are not those that are stored (GGUF, a merged adapter).
        adapter: PEFT adapter on top of it.
        components: Tokenizer, feature extractor, image processor or processor, by name.
        origins: Checkpoints of the components that have their own, by name.
        code: SHA-256 of the checkpoint's own code files, by name; empty where none is trusted.
        sentences: What it declares of its vectors; None where the task makes none of them.
        left_out: Tensors of the checkpoint that are not written, because its adapter has others.
        rewritten: Whether the configuration is not what its file says, so that the file alone
            would make another model.
        notes: What whoever packages the model should know of it, a sentence each.
        quantised: How the weights are quantised, as they come or as the recipe says; the model is
            the same without.
        planned: Size in bytes that they will have then, where the tensors are not known.
        compute: Gives the model with its weights in memory, where they are not those that are
            stored; None where they are, or where they are in memory already.
    """

    task: Task
    checkpoint: Checkpoint
    config: PretrainedConfig
    model: PreTrainedModel
    dtype: torch.dtype
    tensors: Mapping[str, TensorInfo]
    adapter: Adapter | None = None
    components: Mapping[str, Any] = field(default_factory=dict[str, Any])
    origins: Mapping[str, Checkpoint] = field(default_factory=dict[str, Checkpoint])
    code: Mapping[str, str] = field(default_factory=dict[str, str])
    quantised: Quantisation | None = None
    sentences: Sentences | None = None
    left_out: Collection[str] = ()
    rewritten: bool = False
    notes: Sequence[str] = ()
    planned: int = 0
    compute: Callable[[], PreTrainedModel] | None = None

    @property
    def weightless(self) -> bool:
        """Whether the weights stay on disk until they are copied."""
        return self.model.device.type == "meta"

    @property
    def stays_quantised(self) -> bool:
        """Whether the weights come quantised, and so are stored as they are."""
        return self.quantised is not None and bool(self.quantised.block)

    @property
    def class_name(self) -> str:
        """Name of the model's class."""
        return type(self.model).__name__

    @property
    def dtype_name(self) -> str:
        """The dtype as a recipe writes it."""
        return str(self.dtype).removeprefix("torch.")

    @property
    def parameters(self) -> int:
        """Number of its parameters."""
        return self.model.num_parameters()

    @property
    def bytes(self) -> int:
        """Size of the weights as they will be written."""
        if self.tensors:
            return written_bytes(self.tensors, None if self.quantised else self.dtype)
        return self.planned or model_bytes(self.model)

    @property
    def memory(self) -> dict[str, int]:
        """Size of the model in memory in bytes, by dtype, or as it is quantised."""
        widths = memory_by_dtype(self.model)
        if not self.quantised:
            return widths
        widened = self.quantised.widens_to
        return {
            self.quantised.name: self.bytes,
            **{k: n for k, n in widths.items() if k == widened},
        }


def draw(recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> Blueprint:
    """Draw the blueprint of a model whose weights are on this machine.

    Args:
        recipe: The recipe.
        checkpoints: Checkpoint of the ``model``, and of each part that has its own.

    Returns:
        The blueprint, without components. The headers of the weights were checked against it.

    Raises:
        SourceError: The configuration cannot be read, or does not fit the task; the weights or
            the adapter do not fit the configuration.
    """
    return _draw(recipe, checkpoints, at_hand=checkpoints.keys())


def sketch(recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> Blueprint | None:
    """Draw the blueprint of a model whose checkpoints were surveyed, perhaps without weights.

    Args:
        recipe: The recipe.
        checkpoints: Checkpoint of each part. What a hub's cache happens to hold of their weights
            does not count, so that the answer is the same everywhere.

    Returns:
        The blueprint, without components; nothing where the configuration is inside a GGUF file
        of a hub.

    Raises:
        SourceError: As :func:`draw`, as far as the weights are there.
    """
    checkpoint = checkpoints["model"]
    if checkpoint.gguf and checkpoint.repo:
        return None
    return _draw(recipe, checkpoints, [n for n, c in checkpoints.items() if _has_weights(c)])


def draw_as(class_name: str, task: Task, checkpoint: Checkpoint, dtype: str = "") -> Blueprint:
    """Draw the blueprint of a model whose class is known.

    Args:
        class_name: Its class in transformers.
        task: The task it serves.
        checkpoint: Where its weights are.
        dtype: dtype that it is to have; that of its largest tensor where empty.

    Raises:
        SourceError: transformers has no such class, or the weights do not fit the configuration.
    """
    model_class = getattr(transformers, class_name, None)
    if model_class is None:
        raise SourceError(
            f"transformers {transformers.__version__} has no {class_name}",
            "Install the version of transformers that the model was saved with.",
        )
    tensors = stored_tensors(checkpoint.folder)
    stored = torch_dtype_of(max(tensors.values(), key=lambda info: info.nbytes).dtype)
    chosen = getattr(torch, dtype) if dtype else stored
    as_read = model_class.config_class.from_pretrained(str(checkpoint.folder))
    config = understood(as_read, checkpoint).config
    model, report = model_on_meta(model_class, config, checkpoint, tensors, chosen, {})
    quantised = quantised_source(checkpoint)
    if quantised:
        report = without_packed(report, model, tensors, quantised)
    check_shapes(report, model, tensors, checkpoint)
    return Blueprint(task, checkpoint, model.config, model, chosen, tensors, quantised=quantised)


def with_components(
    blueprint: Blueprint, recipe: Recipe, checkpoints: Mapping[str, Checkpoint]
) -> Blueprint:
    """Give a blueprint with tokenizer, processor and the like.

    Args:
        blueprint: The blueprint.
        recipe: The recipe.
        checkpoints: Checkpoint of each part.

    Raises:
        SourceError: One cannot be loaded, or does not know what the recipe asks of it by name.
    """
    components = read_components(recipe, checkpoints, blueprint.config)
    notes = [*blueprint.notes, *notes_on_labels(recipe.contract, blueprint.config)]
    notes += notes_on_tokens(components.get("tokenizer"), blueprint.model)
    whole = replace(blueprint, components=components, origins=checkpoints, notes=notes)
    insist_on_known(recipe, whole)
    return whole


def _draw(
    recipe: Recipe, checkpoints: Mapping[str, Checkpoint], at_hand: Collection[str]
) -> Blueprint:
    task, checkpoint = recipe.contract, checkpoints["model"]
    adapter = _adapter(recipe, checkpoints, at_hand)
    brought = adapter.brought if adapter else Brought()
    base = base_of(recipe, checkpoint, brought)
    model: Any = base.model
    tensors: Mapping[str, TensorInfo] = {}
    left_out: set[str] = set()
    notes = [*base.notes, *notes_on_parts(checkpoint)]
    if not checkpoint.gguf and "model" in at_hand:
        stored = stored_tensors(checkpoint.folder)
        left_out = brought.replaces(stored)
        tensors = {name: info for name, info in stored.items() if name not in left_out}
        dtype = choose_dtype(recipe.dtype, base.config, tensors.values())
        config, arguments = config_for(type(model), base.config), recipe.load.model_arguments
        model, report = model_on_meta(type(model), config, checkpoint, tensors, dtype, arguments)
        if base.quantised:
            report = without_packed(report, model, tensors, base.quantised)
        else:
            notes += notes_on(report, model, tensors, checkpoint)
        check_fit(report, task, model, tensors, checkpoint, brought)
    else:
        gguf = checkpoint.gguf
        dtype = dtype_of_gguf(recipe) if gguf else choose_dtype(recipe.dtype, base.config)
        model = model.to(dtype=dtype)
        model.hf_device_map = {"": "meta"}  # so that no pipeline tries to move it
    if adapter:
        adapter.insist_on_fit(model, merged=recipe.merge)
    return Blueprint(
        task=task,
        checkpoint=checkpoint,
        config=base.config,
        model=model,
        dtype=dtype,
        tensors={} if recipe.merge or recipe.quantize else tensors,
        adapter=adapter,
        code=code_of(checkpoint.folder) if recipe.trust_remote_code else {},
        quantised=recipe.quantize.quantisation if recipe.quantize else base.quantised,
        planned=planned_size(recipe, model, base.quantised),
        sentences=read_sentences(task, checkpoint, weights="model" in at_hand),
        left_out=left_out,
        rewritten=base.rewritten,
        notes=notes,
    )


def _adapter(
    recipe: Recipe, checkpoints: Mapping[str, Checkpoint], at_hand: Collection[str]
) -> Adapter | None:
    if "adapter" in checkpoints:
        adapter = read_adapter(checkpoints["adapter"], weights="adapter" in at_hand)
        adapter.insist_on_complete()
        adapter.insist_on_mergeable(asked=recipe.merge)
        return adapter
    if recipe.merge:
        raise SourceError(
            f"{checkpoints['model'].name} comes with no adapter that could be merged",
            "Leave `merge` out, or name the `adapter`.",
        )
    return None


def _has_weights(checkpoint: Checkpoint) -> bool:
    there = any((checkpoint.folder / name).is_file() for name in _WEIGHT_FILES)
    return there and not checkpoint.repo


def dtype_of_gguf(recipe: Recipe) -> torch.dtype:
    """Give the dtype that the weights of a GGUF file are computed in."""
    return torch.float32 if recipe.dtype == "auto" else getattr(torch, recipe.dtype)
