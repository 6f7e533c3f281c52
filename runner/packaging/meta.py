"""A model on torch's ``meta`` device: every shape, and no weight."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, PretrainedConfig, PreTrainedModel

from runner.errors import SourceError, first_line, raise_if_ours
from runner.packaging.dtypes import is_floating, torch_dtype_of
from runner.packaging.impossible import build
from runner.packaging.quantised import is_quantised, unquantised
from runner.packaging.remote_code import has_code, needs_code
from runner.sources import Checkpoint
from runner.sources.checkpoint.model_classes import fitting_classes, made_from, text_config
from runner.sources.checkpoint.safetensors_header import TensorInfo
from runner.tasks import Task
from runner.upstream.transformers_api import missing_stay_weightless, tied_names

_PACKED = ("F8_E4M3", "I8", "U8")


def empty_model(
    task: Task, config: PretrainedConfig, checkpoint: Checkpoint, *, trusted: bool = False
) -> PreTrainedModel:
    """Build a model from its configuration alone, on torch's ``meta`` device.

    Args:
        task: The task it is for.
        config: Its configuration.
        checkpoint: Where that lies.
        trusted: Whether code that comes with it may run.

    Raises:
        SourceError: It does not fit the task, needs a library that is not installed, or has
            values of which no model can be made.
    """
    own: dict[str, Any] = (getattr(config, "auto_map", None) or {}) if trusted else {}
    for model_class in fitting_classes(task, config, own):
        try:
            return build(
                checkpoint,
                config,
                lambda one, kind=model_class: made_from(kind, one, trusted=trusted),
            )
        except ImportError as error:
            raise SourceError(
                f"{checkpoint.name} needs a library that is not installed: {first_line(error)}",
                "Install it in this environment.",
            ) from error
    if not trusted and has_code(checkpoint.folder):
        raise needs_code(checkpoint)
    raise SourceError(
        f"{checkpoint.name} is a {config.model_type} model, which {' or '.join(task.auto_models)} "
        f"cannot load: it does not fit the task {task.name}",
        "Change the task, or take a checkpoint trained for it.",
    )


def model_on_meta(
    model_class: type[PreTrainedModel],
    config: PretrainedConfig,
    checkpoint: Checkpoint,
    tensors: Mapping[str, TensorInfo],
    dtype: torch.dtype,
    arguments: Mapping[str, Any],
) -> tuple[PreTrainedModel, Mapping[str, Any]]:
    """Let transformers load a checkpoint of which it gets the headers alone.

    Args:
        model_class: Class of the model.
        config: Its configuration.
        checkpoint: The checkpoint.
        tensors: The checkpoint's tensors, by name.
        dtype: dtype that the floating-point weights are to have.
        arguments: Further arguments of ``from_pretrained``.

    Returns:
        The model on torch's ``meta`` device, and transformers' own report on how the tensors fit:
        ``missing_keys``, ``unexpected_keys``, ``mismatched_keys``.

    Raises:
        SourceError: transformers refuses them.
    """
    folder = checkpoint.folder
    quantised = is_quantised(config)
    if not quantised:
        _insist_on_numbers(checkpoint, tensors)

    def dtype_of(info: TensorInfo) -> torch.dtype:
        """Take a packed weight for the number that it stands for."""
        return dtype if quantised and not is_floating(info.dtype) else torch_dtype_of(info.dtype)

    state = {
        name: torch.empty(info.shape, dtype=dtype_of(info), device="meta")
        for name, info in tensors.items()
    }
    plain = unquantised(config)
    try:
        with missing_stay_weightless():
            model, report = _loaded(model_class, plain, state, {**arguments, "dtype": dtype})
    except Exception as error:
        raise_if_ours(error)
        raise SourceError(
            f"transformers cannot load {checkpoint.name} as {model_class.__name__}: "
            f"{first_line(error)}",
            f"Its tensors are {', '.join(list(tensors)[:3])} …; see whether {model_class.__name__} "
            "calls its own so.",
        ) from error
    model.name_or_path = str(folder)
    model.hf_device_map = {"": "meta"}  # so that no pipeline tries to move it
    if model.can_generate() and (folder / "generation_config.json").is_file():
        model.generation_config = _generation_of(folder)
    return model, report


def _insist_on_numbers(checkpoint: Checkpoint, tensors: Mapping[str, TensorInfo]) -> None:
    """Refuse weights of 8 bits without the word of how they are scaled: no layer computes them."""
    packed = {n: i.dtype for n, i in tensors.items() if i.dtype in _PACKED and n.endswith("weight")}
    if packed:
        name, dtype = next(iter(packed.items()))
        raise SourceError(
            f"{checkpoint.name} holds weights as {dtype} ({name} and {len(packed) - 1} more), and "
            "its config.json has no `quantization_config` that says what they stand for",
            "Fetch the config.json that belongs to the weights, or take them before they were "
            "quantised.",
        )


def _loaded(
    model_class: Any,
    config: PretrainedConfig,
    state: Mapping[str, torch.Tensor],
    arguments: Mapping[str, Any],
) -> tuple[Any, Mapping[str, Any]]:
    """Let transformers load tensors without content, and those that a class ties to them."""
    load = partial(
        model_class.from_pretrained,
        None,
        config=config,
        device_map={"": "meta"},
        output_loading_info=True,
        ignore_mismatched_sizes=True,
        **arguments,
    )
    try:
        return load(state_dict=state)
    except RuntimeError:
        tied = _tied_buffers(model_class, config, state)
        if not tied:
            raise
        return load(state_dict={**state, **tied})


def _tied_buffers(
    model_class: Any, config: PretrainedConfig, state: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Give buffers that no file has since they are others', as SAM's positions of prompts are."""
    names = {*tied_names(model_class)} - state.keys()
    with torch.device("meta"):
        return {k: t for k, t in model_class(config).named_buffers() if k in names}


def _generation_of(folder: Path) -> GenerationConfig:
    try:
        return GenerationConfig.from_pretrained(str(folder))
    except Exception as error:
        raise_if_ours(error)
        raise SourceError(
            f"the generation_config.json of {folder} cannot be read: {first_line(error)}",
            "Fetch it again, or take it away: what it says are defaults.",
        ) from error


def config_for(model_class: type[PreTrainedModel], config: PretrainedConfig) -> PretrainedConfig:
    """Give the configuration that a class of models takes, of one that may hold it as a part.

    Args:
        model_class: The class.
        config: The configuration of a checkpoint.
    """
    wanted: Any = model_class.config_class
    text = text_config(config)
    return text if not isinstance(config, wanted) and isinstance(text, wanted) else config
