"""Load what packaging needs of a checkpoint: its parts, and of its weights only the headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import GenerationConfig, PretrainedConfig, PreTrainedModel

from runner.errors import SourceError, first_line
from runner.packaging.adapter import Adapter, merge, read_adapter
from runner.packaging.components import read_components, read_config
from runner.packaging.dtypes import choose_dtype, is_floating, torch_dtype_of
from runner.packaging.remote_code import code_of, has_code, needs_code
from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint
from runner.sources.checkpoint.safetensors_header import TensorInfo, read_headers
from runner.tasks import Task

_SHOWN = 3


@dataclass(frozen=True)
class Parts:
    """What a model is made of, ready to be saved.

    Args:
        task: The task they serve.
        model: The model. Where ``tensors`` is set it is weightless: every parameter on torch's
            ``meta`` device, with the shape and dtype it will have.
        components: Tokenizer, feature extractor, image processor or processor, by name.
        checkpoint: Where the weights lie.
        dtype: dtype of the floating-point weights to write.
        tensors: The checkpoint's tensors, by name as written in its files; empty where the
            weights had to be loaded (GGUF, a merged adapter).
        adapter: PEFT adapter to store beside the model.
        origins: Checkpoints of the components that have their own, by name.
        code: SHA-256 of the checkpoint's own code files, by name; empty where none is trusted.
    """

    task: Task
    model: PreTrainedModel
    components: Mapping[str, Any]
    checkpoint: Checkpoint
    dtype: torch.dtype
    tensors: Mapping[str, TensorInfo]
    adapter: Adapter | None = None
    origins: Mapping[str, Checkpoint] = field(default_factory=dict[str, Checkpoint])
    code: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def weightless(self) -> bool:
        """Whether the weights stay on disk until they are copied."""
        return bool(self.tensors)


def load(recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> Parts:
    """Load the parts of a recipe.

    Args:
        recipe: The recipe.
        checkpoints: Checkpoint of the ``model``, and of each component that has its own.

    Returns:
        The parts. Safetensors weights are not read: their headers are checked against the model.

    Raises:
        SourceError: A part cannot be loaded, or the weights do not fit the configuration.
    """
    task = recipe.contract
    checkpoint = checkpoints["model"]
    code = code_of(checkpoint.folder) if recipe.trust_remote_code else {}
    config = read_config(checkpoint, trusted=recipe.trust_remote_code)
    components = read_components(recipe, checkpoints, config)
    if checkpoint.gguf:
        model, dtype = _gguf_model(task, checkpoint, recipe, config)
        return Parts(task, model, components, checkpoint, dtype, {})
    tensors = read_headers(checkpoint.folder)
    model, dtype = _weightless_model(task, checkpoint, recipe, config, tensors)
    adapter = read_adapter(checkpoints["adapter"], model) if "adapter" in checkpoints else None
    if adapter and recipe.merge:
        merged = _merged(adapter, model, checkpoint, dtype)
        return Parts(task, merged, components, checkpoint, dtype, {})
    return Parts(task, model, components, checkpoint, dtype, tensors, adapter, checkpoints, code)


def _merged(
    adapter: Adapter, model: PreTrainedModel, checkpoint: Checkpoint, dtype: torch.dtype
) -> PreTrainedModel:
    """Merge in float32, where the sums of weights lose nothing, and round once."""
    base = type(model).from_pretrained(str(checkpoint.folder), dtype=torch.float32)
    merged = merge(adapter, base, dtype)
    merged.name_or_path = str(checkpoint.folder)
    return merged


def _weightless_model(
    task: Task,
    checkpoint: Checkpoint,
    recipe: Recipe,
    config: PretrainedConfig,
    tensors: Mapping[str, TensorInfo],
) -> tuple[PreTrainedModel, torch.dtype]:
    trusted = recipe.trust_remote_code
    model_class = type(empty_model(task, config, checkpoint, trusted=trusted))
    dtype = choose_dtype(recipe.dtype, config, tensors.values())
    model, report = on_meta(model_class, checkpoint.folder, tensors, dtype, recipe.load.model)
    _check_fit(report, task, model, tensors, checkpoint)
    return model, dtype


def on_meta(
    model_class: type[PreTrainedModel],
    folder: Path,
    tensors: Mapping[str, TensorInfo],
    dtype: torch.dtype,
    arguments: Mapping[str, Any],
) -> tuple[PreTrainedModel, Mapping[str, Any]]:
    """Build a model without its weights: shapes and dtypes only, in no memory.

    Args:
        model_class: Its class.
        folder: Folder of its configuration.
        tensors: The tensors its checkpoint holds.
        dtype: dtype it is to have.
        arguments: Further ``from_pretrained`` arguments.

    Returns:
        The model on torch's ``meta`` device, and transformers' own report on how the tensors fit:
        ``missing_keys``, ``unexpected_keys``, ``mismatched_keys``.
    """
    state = {
        name: torch.empty(info.shape, dtype=torch_dtype_of(info.dtype), device="meta")
        for name, info in tensors.items()
    }
    loader: Any = model_class
    model, report = loader.from_pretrained(
        None,
        config=loader.config_class.from_pretrained(str(folder)),
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
    for name in task.auto_models:
        auto_class = getattr(transformers, name, None)  # some are of one major version alone
        if auto_class is None:
            continue
        if name not in own and type(config) not in auto_class._model_mapping:  # noqa: SLF001
            continue
        try:
            with torch.device("meta"):
                return auto_class.from_config(config, trust_remote_code=trusted)
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


def _check_fit(
    report: Mapping[str, Any],
    task: Task,
    model: PreTrainedModel,
    tensors: Mapping[str, TensorInfo],
    checkpoint: Checkpoint,
) -> None:
    """Compare the checkpoint's tensors with the model, as transformers itself reported them."""
    given = report["mismatched_keys"]  # names; in transformers 5 with their shapes
    if mismatched := [key if isinstance(key, str) else key[0] for key in given]:
        expected = {name: tuple(t.shape) for name, t in model.state_dict().items()}
        shown = [
            f"{name} is {_stored_shape(name, tensors)} in the file and {expected.get(name)} by "
            "config.json"
            for name in mismatched[:_SHOWN]
        ]
        raise SourceError(
            f"the weights of {checkpoint.name} do not fit its config.json: "
            + "; ".join(shown)
            + _and_more(mismatched),
            "The two belong to different models: fetch both again, from the same revision.",
        )
    missing = [
        name
        for name in report["missing_keys"]
        if not any(part in name for part in task.optional_weights)
    ]
    if missing:
        raise SourceError(
            f"{checkpoint.name} has no weights for {', '.join(missing[:_SHOWN])}"
            f"{_and_more(missing)}, which {type(model).__name__} needs: transformers would fill "
            "them with random numbers",
            f"Take a checkpoint trained for {task.name}, or change the task.",
        )


def _stored_shape(name: str, tensors: Mapping[str, TensorInfo]) -> tuple[int, ...] | str:
    suffix = [
        info.shape for key, info in tensors.items() if key.endswith(name) or name.endswith(key)
    ]
    return tuple(suffix[0]) if suffix else "different"


def _and_more(names: list[str]) -> str:
    return f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""


def _gguf_model(
    task: Task, checkpoint: Checkpoint, recipe: Recipe, config: PretrainedConfig
) -> tuple[PreTrainedModel, torch.dtype]:
    dtype = gguf_dtype(recipe)
    try:
        model = getattr(transformers, task.auto_models[0]).from_pretrained(
            str(checkpoint.folder),
            gguf_file=checkpoint.gguf,
            config=config,
            dtype=dtype,
            **recipe.load.model,
        )
    except Exception as error:
        raise SourceError(
            f"{checkpoint.gguf} of {checkpoint.name} cannot be loaded: {first_line(error)}",
            f"Check that transformers {transformers.__version__} reads GGUF files of this "
            "architecture, and that the file is whole.",
        ) from error
    model.name_or_path = str(checkpoint.folder)
    model.hf_quantizer = None  # what was loaded is dequantized; transformers 5 would not save it
    return model, dtype


def gguf_dtype(recipe: Recipe) -> torch.dtype:
    """Give the dtype that the weights of a GGUF file are computed in."""
    return torch.float32 if recipe.dtype == "auto" else getattr(torch, recipe.dtype)


def weight_bytes(parts: Parts) -> int:
    """Give the size of the weights as they will be written, in bytes."""
    if not parts.weightless:
        return sum(t.numel() * t.element_size() for t in own_tensors(parts.model))
    itemsize = parts.dtype.itemsize
    return sum(
        _elements(info) * itemsize if is_floating(info.dtype) else info.nbytes
        for info in parts.tensors.values()
    )


def own_tensors(model: PreTrainedModel) -> list[torch.Tensor]:
    """Give the tensors that a model is saved as; tied ones once."""
    state: dict[str, torch.Tensor] = model.state_dict(keep_vars=True)
    return list({id(tensor): tensor for tensor in state.values()}.values())


def _elements(info: TensorInfo) -> int:
    return info.nbytes // torch_dtype_of(info.dtype).itemsize
