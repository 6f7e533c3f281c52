"""The views of a saved model: as its users load it, natively and as pyfunc, and served."""

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import mlflow.transformers
import torch
from mlflow.models import Model
from mlflow.pyfunc import PyFuncModel
from mlflow.pyfunc import load_model as load_pyfunc
from transformers import set_seed

from runner.evaluation.inputs import as_callers_write
from runner.packaging.forward import build_pipeline
from runner.recipe.language.models import Recipe
from runner.tasks import Task
from runner.tasks.arguments import EXTENDED
from runner.upstream.transformers_source import accepted_arguments

_DEVICE_VARIABLE = "MLFLOW_DEFAULT_PREDICTION_DEVICE"


class View(Protocol):
    """A loaded model, seen one way."""

    def predict(self, inputs: Sequence[Any], params: Mapping[str, Any] | None = None) -> Any:
        """Run the inputs together and give what this way of loading gives."""
        ...


@dataclass(frozen=True)
class NativeView:
    """``mlflow.transformers.load_model``: a transformers pipeline.

    Native loading knows neither template, model_config nor params: the caller applies them, as
    this view does.

    Args:
        pipeline: The pipeline.
        recipe: The recipe.
        prompt_template: Text with one ``{prompt}``, where the model has one.
        chats: Whether a text is given to the pipeline as a user's message, to be framed by it.
    """

    pipeline: Any
    recipe: Recipe
    prompt_template: str | None
    chats: bool = False

    @property
    def samples(self) -> bool:
        """Whether it draws its answers, so that no two ways of asking need to agree."""
        usual = getattr(self.pipeline, "generation_config", None)
        return bool(self.arguments.get("do_sample", getattr(usual, "do_sample", False)))

    @property
    def unheard(self) -> list[str]:
        """Arguments of the recipe that the runner's inference code takes, and no pipeline."""
        return sorted({*_said(self.recipe)} & _of_the_code(self.recipe))

    @property
    def arguments(self) -> dict[str, Any]:
        """What the pipeline is called with, beside the input."""
        return _call_arguments(
            self.recipe, templated=self.chats or self.prompt_template is not None
        )

    def predict(self, inputs: Sequence[Any], params: Mapping[str, Any] | None = None) -> list[Any]:
        """Give the pipeline's answer for each input, in the terms of the task's outputs."""
        set_seed(self.recipe.evaluation.seed)
        arguments = self.arguments | dict(params or {})
        return [self.recipe.contract.answer(self._call(row, arguments)) for row in inputs]

    def _call(self, row: Any, arguments: Mapping[str, Any]) -> Any:
        positional, keywords = self.recipe.contract.call(row)
        if self.chats:
            positional = tuple([{"role": "user", "content": text}] for text in positional)
        if self.prompt_template is not None:
            template = self.prompt_template
            positional = tuple(
                template.format(prompt=p) if isinstance(p, str) else p for p in positional
            )
        with torch.inference_mode():
            return self.pipeline(*positional, **{**arguments, **keywords})


@dataclass(frozen=True)
class PyfuncView:
    """``mlflow.pyfunc.load_model``: the model as MLflow serves it."""

    model: PyFuncModel
    seed: int
    task: Task

    def predict(self, inputs: Sequence[Any], params: Mapping[str, Any] | None = None) -> Any:
        """Give what ``predict`` gives for the inputs; tasks without batches take one."""
        set_seed(self.seed)
        rows = [as_callers_write(self.task, row) for row in inputs]
        data = rows if self.task.batches else rows[0]
        return self.model.predict(data, params=dict(params) if params else None)


@contextmanager
def open_view(name: str, path: Path, recipe: Recipe, device: str) -> Generator[View]:
    """Load a saved model.

    Args:
        name: ``native``, ``pyfunc`` or ``server``.
        path: The model folder.
        recipe: The recipe it was made from.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.

    Yields:
        The loaded model; a server ends with the context.
    """
    seed, task = recipe.evaluation.seed, recipe.contract
    if name == "native":
        with _on_device(device):
            pipeline = _pipeline(path, recipe)
        template = (Model.load(str(path)).metadata or {}).get("prompt_template")
        yield NativeView(pipeline, recipe, template)
        return
    with _on_device(device):
        extended = recipe.pyfunc == "extended"
        config = {"device": device} if extended and device != "auto" else None
        model = load_pyfunc(str(path), suppress_warnings=True, model_config=config)
    if name == "pyfunc":
        yield PyfuncView(model, seed, task)
        return
    from runner.evaluation.served import serving  # fastapi and uvicorn take a while

    with serving(model, seed, task) as served:
        yield served


def _pipeline(path: Path, recipe: Recipe) -> Any:
    """Load a pipeline; one that MLflow cannot put together is made from its parts."""
    task = recipe.contract
    if not task.needs_parts:
        return mlflow.transformers.load_model(str(path), return_type="pipeline")
    loaded: Any = mlflow.transformers.load_model(str(path), return_type="components")
    parts = {name: part for name, part in loaded.items() if name != "task"}
    return build_pipeline(task, **parts)


def _call_arguments(recipe: Recipe, *, templated: bool) -> dict[str, Any]:
    """Give what a caller of the pipeline passes to match pyfunc: model_config, then defaults."""
    usual = recipe.contract.with_template if templated else {}
    of_the_code = _of_the_code(recipe)
    return {k: v for k, v in {**usual, **_said(recipe)}.items() if k not in of_the_code}


def _said(recipe: Recipe) -> dict[str, Any]:
    defaults = {k: p.default for k, p in recipe.params.items() if p.default is not None}
    return {**recipe.inference_config, **defaults}


def _of_the_code(recipe: Recipe) -> set[str]:
    of_the_code = {*EXTENDED, *recipe.contract.arguments}
    return of_the_code - accepted_arguments(recipe.contract.pipeline_task)


@contextmanager
def _on_device(device: str) -> Generator[None]:
    """Point MLflow's loaders at a device; they take only its number, from the environment."""
    number = device_number(device)
    before = os.environ.get(_DEVICE_VARIABLE)
    os.environ[_DEVICE_VARIABLE] = str(number)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_DEVICE_VARIABLE]
        else:
            os.environ[_DEVICE_VARIABLE] = before


def device_number(device: str) -> int:
    """Give the number of a device as pipelines take it; -1 for the CPU.

    Args:
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
    """
    if device == "auto":
        return 0 if torch.cuda.is_available() else -1
    return -1 if device == "cpu" else int(device.partition(":")[2])
