"""Whether the weights of a checkpoint fit its configuration, by what transformers reports."""

from collections.abc import Mapping, Sequence
from typing import Any

from transformers import PreTrainedModel

from runner.errors import SourceError
from runner.sources import Checkpoint
from runner.sources.checkpoint.safetensors_header import TensorInfo
from runner.tasks import Task

_SHOWN = 3


def check_fit(
    report: Mapping[str, Any],
    task: Task,
    model: PreTrainedModel,
    tensors: Mapping[str, TensorInfo],
    checkpoint: Checkpoint,
) -> None:
    """See that every weight of a model is in its checkpoint, in its shape.

    Args:
        report: What ``from_pretrained(output_loading_info=True)`` gave.
        task: The task; some of its weights may be missing.
        model: The model.
        tensors: The checkpoint's tensors.
        checkpoint: Where they lie.

    Raises:
        SourceError: One is missing, or of another shape.
    """
    check_shapes(report, model, tensors, checkpoint)
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


def check_shapes(
    report: Mapping[str, Any],
    model: PreTrainedModel,
    tensors: Mapping[str, TensorInfo],
    checkpoint: Checkpoint,
) -> None:
    """See that the weights which are there have the shapes of the configuration.

    Args:
        report: What ``from_pretrained(output_loading_info=True)`` gave.
        model: The model.
        tensors: The checkpoint's tensors.
        checkpoint: Where they lie.

    Raises:
        SourceError: One is of another shape.
    """
    given = report["mismatched_keys"]  # names; in transformers 5 with their shapes
    mismatched = [key if isinstance(key, str) else key[0] for key in given]
    if not mismatched:
        return
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


def _stored_shape(name: str, tensors: Mapping[str, TensorInfo]) -> tuple[int, ...] | str:
    suffix = [
        info.shape for key, info in tensors.items() if key.endswith(name) or name.endswith(key)
    ]
    return tuple(suffix[0]) if suffix else "different"


def _and_more(names: Sequence[str]) -> str:
    return f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
