"""A model without a pipeline, as a pipeline: named tensors in, the tensors of its output out."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, cast

import torch
import transformers
from transformers import PreTrainedModel

from runner.errors import SourceError, first_line, raise_if_ours
from runner.packaging.made_up import made_up_inputs
from runner.tasks import Task


def build_pipeline(task: Task, model: Any, **arguments: Any) -> Any:
    """Build the pipeline of a task around a model.

    Args:
        task: The task.
        model: The model.
        arguments: Its components, and more that pipelines take.

    Raises:
        SourceError: transformers' own pipeline cannot take such a model.
    """
    if task.forward:
        return ForwardPass(model=model, task=task.name, **arguments)
    build: Any = transformers.pipeline
    try:
        return build(task.pipeline_task, model=model, **arguments)
    except AttributeError as error:  # it asks a model for what only others have
        raise_if_ours(error)
        raise SourceError(
            f"transformers builds no {task.pipeline_task} pipeline around "
            f"{type(model).__name__}: {first_line(error)}",
            "Use another task; a model without a pipeline is packaged as `task: native`.",
        ) from error


def run_on_made_up(model: PreTrainedModel, **arguments: Any) -> Any:
    """Run a model on inputs that are made up for it.

    Args:
        model: The model.
        arguments: Further arguments of its ``forward``.

    Returns:
        Its output.

    Raises:
        ValueError: It takes none of them.
    """
    run: Any = model
    failure: Exception | None = None
    for made_up in made_up_inputs(model):
        given = {k: t.to(model.device) for k, t in _in_its_dtype(model, made_up).items()}
        try:
            with torch.inference_mode():
                return run(**given, **arguments)
        except Exception as error:
            raise_if_ours(error)
            failure = error
    why = f" ({first_line(failure)})" if failure else ""
    raise ValueError(f"no input can be made up for {type(model).__name__}{why}") from failure


class ForwardPass(transformers.Pipeline):
    """A pipeline around a model's ``forward``.

    It is called with a mapping of tensors, or nested lists of numbers, by the names that
    ``forward`` has for them; an empty one stands for inputs that are made up.
    """

    def _sanitize_parameters(self, **pipeline_parameters: Any) -> tuple[dict[str, Any], ...]:
        return {}, pipeline_parameters, {}

    def preprocess(self, input_: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Make tensors of lists; those of real numbers in the dtype of the model."""
        return _in_its_dtype(self.model, {k: torch.as_tensor(v) for k, v in input_.items()})

    def _forward(self, input_tensors: dict[str, Any], **arguments: Any) -> Any:
        model: Any = self.model
        run: Any = model if input_tensors else partial(run_on_made_up, model)
        return dict(_tensors(run(**input_tensors, **arguments)))

    def postprocess(self, model_outputs: Mapping[str, Any], **_: Any) -> Mapping[str, Any]:
        """Give the tensors by name."""
        return model_outputs


def _in_its_dtype(model: Any, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    dtype = model.dtype
    return {k: t.to(dtype) if t.is_floating_point() else t for k, t in tensors.items()}


def _tensors(output: Any, name: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """Give the tensors of an output, those inside others by dotted names."""
    match output:
        case torch.Tensor():
            yield name or "output", output
        case dict():
            for key, value in cast("dict[str, Any]", output).items():
                yield from _tensors(value, f"{name}.{key}" if name else key)
        case list() | tuple():
            for number, value in enumerate(cast("list[Any]", output)):
                yield from _tensors(value, f"{name}.{number}" if name else str(number))
        case _:
            pass
