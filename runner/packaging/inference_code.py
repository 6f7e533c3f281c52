"""Ship the runner's inference code inside a model, in place of MLflow's own."""

import shutil
from pathlib import Path
from typing import Any

import transformers
from mlflow.models import Model

import runner.pyfunc
from runner.packaging.blueprint import Blueprint
from runner.packaging.reference import reference_of
from runner.pyfunc.settings import DEFAULTS
from runner.recipe.language.models import Recipe
from runner.upstream.mlflow_api import leave_requests_whole

PACKAGE = f"recipe_pyfunc_v{runner.pyfunc.VERSION}"
"""Name of the package in a model's ``code`` folder."""
_CODE = "code"
_FLAVOR = "python_function"


def ship(model: Model, parts: Blueprint, folder: Path, recipe: Recipe, name: str) -> None:
    """Put the code into a model and name it as the one to load.

    Args:
        model: The model, with the ``python_function`` flavor that MLflow wrote.
        parts: The parts it is made of.
        folder: The model folder.
        recipe: The recipe.
        name: What the model calls itself in its answers.

    Source: MLflow loads ``loader_module`` from the flavor's ``code`` folder; the ``transformers``
    flavor has its own entry and stays as it is.
    """
    target = folder / _CODE / PACKAGE
    target.mkdir(parents=True)  # beside the recipe's own code, where it ships some
    for file in sorted(Path(runner.pyfunc.__file__).parent.glob("*.py")):
        shutil.copyfile(file, target / file.name)
    flavor: dict[str, Any] = model.flavors[_FLAVOR]
    saved: dict[str, Any] = flavor.get("config") or {}
    referenced = not recipe.save_pretrained
    based = {"base_model": "saved"} if referenced or parts.adapter else {}
    long_rows = {"truncation": recipe.evaluation.truncation}
    flavor["config"] = {**DEFAULTS, **long_rows, **based, **saved}
    flavor["loader_module"] = PACKAGE
    flavor["code"] = _CODE
    if parts.task.mlflow_schema:
        leave_requests_whole(model.signature)
    if parts.task.streams:
        flavor["streamable"] = True
    framed = "prompt_template" in (model.metadata or {})
    how = _how(parts, name, chats=parts.task.chat_template and not framed)
    if arguments := recipe.load.model_arguments:
        how["load"] = arguments
    if referenced:
        how["reference"] = reference_of(parts)
    model.metadata = {**(model.metadata or {}), "inference": how}


def _how(parts: Blueprint, name: str, *, chats: bool) -> dict[str, Any]:
    """Say what the code needs to know beside what the flavor says."""
    how: dict[str, Any] = {
        "task": parts.task.name,
        "adapter": parts.task.inference,
        "pipeline_task": parts.task.pipeline_task,
        "model": type(parts.model).__name__,
        "components": {name: type(part).__name__ for name, part in parts.components.items()},
        "dtype": str(parts.dtype).removeprefix("torch."),
        "name": name,
        "transformers": transformers.__version__,
    }
    if chats:
        how["chats"] = True
    if parts.code:
        how["own_code"] = _auto_class(parts.model)
    return how


def _auto_class(model: Any) -> str:
    """Give the auto class that loads a model whose code comes with it."""
    names: dict[str, str] = model.config.auto_map
    return next(n for n, c in names.items() if c.rpartition(".")[2] == type(model).__name__)
