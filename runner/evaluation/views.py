"""The views of a saved model: as its users load it, natively and as pyfunc, served, isolated."""

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import mlflow.transformers
import torch
from mlflow.models import Model
from mlflow.pyfunc import PyFuncModel
from mlflow.pyfunc import load_model as load_pyfunc

from runner.evaluation.inputs import as_callers_write
from runner.evaluation.isolated import isolated
from runner.evaluation.long_rows import NativeLengths
from runner.evaluation.native_rows import as_pipelines_take, of_requests, unheard_columns
from runner.machine.devices import insist_on_device
from runner.packaging.forward import build_pipeline
from runner.pyfunc.seeding import seed_draws
from runner.pyfunc.upstream import is_panic
from runner.recipe.language.models import Recipe
from runner.tasks import Task
from runner.tasks.arguments import EXTENDED, GENERATION
from runner.tasks.base import Call
from runner.upstream.transformers_api import generation_arguments_of
from runner.upstream.transformers_source import accepted_arguments

SHIPPED = "inference"
"""Where a model says that the runner's inference code is in it."""
_MAP_VARIABLE = "MLFLOW_HUGGINGFACE_USE_DEVICE_MAP"
_MAP_STRATEGY = "MLFLOW_HUGGINGFACE_DEVICE_MAP_STRATEGY"
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
        seed: Seed set before each prediction.
    """

    pipeline: Any
    recipe: Recipe
    prompt_template: str | None
    chats: bool = False
    seed: int = 0

    @property
    def samples(self) -> bool:
        """Whether it draws its answers, so that no two ways of asking need to agree."""
        usual = getattr(self.pipeline, "generation_config", None)
        return bool(self.arguments.get("do_sample", getattr(usual, "do_sample", False)))

    @property
    def unheard(self) -> list[str]:
        """Arguments of the recipe that the runner's inference code takes, and no pipeline."""
        taken = {*self.arguments, *self.arguments.get("generate_kwargs", ())}
        dropped = {*self._settings} - taken
        of_the_code = {*self.recipe.usual_arguments} & _of_the_code(self.recipe) - {*self._request}
        task, said = self.recipe.contract, self._request
        example: Any = task.example
        dropped |= {*said} & {*unheard_columns(task, {**example, **said})} if said else set()
        return sorted(dropped | of_the_code)

    @property
    def arguments(self) -> dict[str, Any]:
        """What the pipeline is called with, beside the input."""
        given, settings = self._given, self._settings
        if not settings:
            return given
        other = {name: value for name, value in given.items() if name not in settings}
        within = given.get("generate_kwargs") or {}
        return {**other, **generation_arguments_of(self.pipeline, settings, within)}

    @property
    def _given(self) -> dict[str, Any]:
        return _call_arguments(
            self.recipe, templated=self.chats or self.prompt_template is not None
        )

    @property
    def _request(self) -> dict[str, Any]:
        """What of it a request may say itself, by names that are not those of the pipeline."""
        own = of_requests(self.recipe.contract)
        return {name: value for name, value in self.recipe.usual_arguments.items() if name in own}

    @property
    def _settings(self) -> dict[str, Any]:
        """What of it are settings of generation."""
        if not self.recipe.contract.generates:
            return {}
        return {name: value for name, value in self._given.items() if name in GENERATION}

    def predict(self, inputs: Sequence[Any], params: Mapping[str, Any] | None = None) -> list[Any]:
        """Give the pipeline's answer for each input, in the terms of the task's outputs."""
        seed_draws(self.seed)
        arguments = self.arguments | dict(params or {})
        lengths, answer = NativeLengths(self.pipeline, self.recipe), self.recipe.contract.answer
        answers: list[Any] = []
        for number, asked in enumerate(inputs):
            given = {**self._request, **asked} if self._request else asked
            with as_pipelines_take(self.recipe.contract, given, number) as row:
                found = self._call(row, lambda c, n=number: lengths.arguments(c, arguments, n))
            answers.append(answer(found))
        return answers

    def _call(self, row: Any, arguments: Callable[[Call], Mapping[str, Any]]) -> Any:
        positional, keywords = self.recipe.contract.call(row)
        if self.chats:
            positional = tuple([{"role": "user", "content": text}] for text in positional)
        if self.prompt_template is not None:
            template = self.prompt_template
            positional = tuple(
                template.format(prompt=p) if isinstance(p, str) else p for p in positional
            )
        given = arguments((positional, keywords))
        try:
            with torch.inference_mode():
                return self.pipeline(*positional, **{**keywords, **given})
        except BaseException as error:
            if is_panic(error):
                raise RuntimeError(f"{error}") from error
            raise


@dataclass(frozen=True)
class PyfuncView:
    """``mlflow.pyfunc.load_model``: the model as MLflow serves it."""

    model: PyFuncModel
    seed: int
    task: Task

    def predict(self, inputs: Sequence[Any], params: Mapping[str, Any] | None = None) -> Any:
        """Give what ``predict`` gives for the inputs; tasks without batches take one."""
        seed_draws(self.seed)
        rows = [as_callers_write(self.task, row) for row in inputs]
        data = rows if self.task.batches else rows[0]
        return self.model.predict(data, params=dict(params) if params else None)

    def stream(self, row: Any) -> Generator[Any]:
        """Give what ``predict_stream`` gives for an input, piece by piece."""
        seed_draws(self.seed)
        yield from self.model.predict_stream(as_callers_write(self.task, row))


@contextmanager
def open_view(name: str, path: Path, recipe: Recipe, device: str) -> Generator[View]:
    """Load a saved model.

    Args:
        name: ``native``, ``pyfunc``, ``server`` or ``isolated``.
        path: The model folder.
        recipe: The recipe it was made from.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.

    Yields:
        The loaded model; a server, or a process of its own, ends with the context.

    Raises:
        EnvironmentFailed: There is no environment for the isolated view.
    """
    seed, task = recipe.evaluation.seed, recipe.contract
    if name == "native":
        metadata = Model.load(str(path)).metadata or {}
        with _placed(device) if "quantised" in metadata else on_device(device):
            pipeline = _pipeline(path, recipe)
        template = metadata.get("prompt_template")
        chats = task.chat_template and template is None
        yield NativeView(pipeline, recipe, template, chats=chats, seed=seed)
        return
    shipped = recipe.pyfunc == "extended"
    if name == "isolated":
        with on_device(device), isolated(path, _placing(device, shipped), seed, task) as view:
            yield view
        return
    model = pyfunc_on(device, path, shipped=shipped)
    if name == "pyfunc":
        yield PyfuncView(model, seed, task)
        return
    from runner.evaluation.served import serving  # fastapi and uvicorn take a while

    with serving(model, seed, task) as served:
        yield served


def pyfunc_on(device: str, path: Path, *, shipped: bool) -> PyFuncModel:
    """Load a model as ``mlflow.pyfunc`` does, on a device.

    Args:
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
        path: The model folder.
        shipped: Whether the runner's inference code is in it, which takes the device by its name.

    Raises:
        ResourceError: The device is not there.
    """
    insist_on_device(device)
    config = _placing(device, shipped)
    with on_device(device):
        return load_pyfunc(str(path), suppress_warnings=True, model_config=config)


def _placing(device: str, shipped: bool) -> dict[str, Any] | None:
    """Give the model_config that names a device to inference code which takes it by its name."""
    return {"device": device} if shipped and device != "auto" else None


def _pipeline(path: Path, recipe: Recipe) -> Any:
    """Load a pipeline; one that MLflow cannot put together is made from its parts."""
    task = recipe.contract
    flavor: dict[str, Any] = Model.load(str(path)).flavors["transformers"]
    if not task.needs_parts and "processor_type" not in flavor:
        return mlflow.transformers.load_model(str(path), return_type="pipeline")
    loaded: Any = mlflow.transformers.load_model(str(path), return_type="components")
    parts = {name: part for name, part in loaded.items() if name != "task"}
    return build_pipeline(task, **parts)


def _call_arguments(recipe: Recipe, *, templated: bool) -> dict[str, Any]:
    """Give what a caller of the pipeline passes to match pyfunc: model_config, then defaults."""
    usual = recipe.contract.with_template if templated else {}
    of_the_code = _of_the_code(recipe)
    given = {k: v for k, v in {**usual, **recipe.usual_arguments}.items() if k not in of_the_code}
    if recipe.contract.generates and "max_length" in given:
        # the pipeline's own 256 new tokens would win over it, and nobody asked for those
        given.setdefault("max_new_tokens", None)
    return given


def _of_the_code(recipe: Recipe) -> set[str]:
    of_the_code = {*EXTENDED, *recipe.contract.arguments, *of_requests(recipe.contract)}
    return of_the_code - accepted_arguments(recipe.contract.pipeline_task)


def on_device(device: str) -> AbstractContextManager[None]:
    """Point MLflow's loaders at a device; they take only its number, from the environment.

    Args:
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
    """
    return _environment({_DEVICE_VARIABLE: str(device_number(device))})


def _placed(device: str) -> AbstractContextManager[None]:
    """Let MLflow's loaders place weights while they load, for those that cannot be moved later."""
    where = "cpu" if device_number(device) < 0 else f"cuda:{device_number(device)}"
    return _environment({_DEVICE_VARIABLE: None, _MAP_VARIABLE: "true", _MAP_STRATEGY: where})


@contextmanager
def _environment(wanted: Mapping[str, str | None]) -> Generator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    _set_environment(wanted)
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def device_number(device: str) -> int:
    """Give the number of a device as pipelines take it; -1 for the CPU.

    Args:
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
    """
    if device == "auto":
        return 0 if torch.cuda.is_available() else -1
    return -1 if device == "cpu" else int(device.partition(":")[2])
