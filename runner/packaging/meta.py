"""A model on torch's ``meta`` device: every shape, and no weight."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from transformers import GenerationConfig, PretrainedConfig, PreTrainedModel

from runner.errors import SourceError, first_line, raise_if_ours
from runner.packaging.dtypes import is_floating, torch_dtype_of
from runner.packaging.quantised import is_quantised, unquantised
from runner.packaging.remote_code import has_code, needs_code
from runner.sources import Checkpoint
from runner.sources.checkpoint.model_classes import fitting_classes, made_from
from runner.sources.checkpoint.safetensors_header import TensorInfo
from runner.tasks import Task


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
        SourceError: It does not fit the task, or needs a library that is not installed.
    """
    own: dict[str, Any] = (getattr(config, "auto_map", None) or {}) if trusted else {}
    for model_class in fitting_classes(task, config, own):
        try:
            with torch.device("meta"):
                return made_from(model_class, config, trusted=trusted)
        except ImportError as error:
            raise SourceError(
                f"{checkpoint.name} needs a library that is not installed: {first_line(error)}",
                "Install it in this environment.",
            ) from error
        except Exception as error:
            raise_if_ours(error)
            raise SourceError(
                f"no {config.model_type} model can be made of the config.json of "
                f"{checkpoint.name}: {first_line(error)}",
                f"Look at {checkpoint.folder / 'config.json'}: what it says must fit together.",
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
    folder: Path,
    tensors: Mapping[str, TensorInfo],
    dtype: torch.dtype,
    arguments: Mapping[str, Any],
    fields: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[PreTrainedModel, Mapping[str, Any]]:
    """Let transformers load a checkpoint of which it gets the headers alone.

    Args:
        model_class: Class of the model.
        folder: Folder with its configuration.
        tensors: The checkpoint's tensors, by name.
        dtype: dtype that the floating-point weights are to have.
        arguments: Further arguments of ``from_pretrained``.
        fields: What its configuration is to say otherwise than the file.

    Returns:
        The model on torch's ``meta`` device, and transformers' own report on how the tensors fit:
        ``missing_keys``, ``unexpected_keys``, ``mismatched_keys``.
    """
    loader: Any = model_class
    config = loader.config_class.from_pretrained(str(folder))
    for name, value in fields.items():
        setattr(config, name, value)
    quantised = is_quantised(config)

    def dtype_of(info: TensorInfo) -> torch.dtype:
        """Take a packed weight for the number that it stands for."""
        return dtype if quantised and not is_floating(info.dtype) else torch_dtype_of(info.dtype)

    state = {
        name: torch.empty(info.shape, dtype=dtype_of(info), device="meta")
        for name, info in tensors.items()
    }
    model, report = loader.from_pretrained(
        None,
        config=unquantised(config),
        state_dict=state,
        device_map={"": "meta"},
        dtype=dtype,
        output_loading_info=True,
        ignore_mismatched_sizes=True,
        **arguments,
    )
    model.name_or_path = str(folder)
    model.hf_device_map = {"": "meta"}  # so that no pipeline tries to move it
    if model.can_generate() and (folder / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(str(folder))
    return model, report
