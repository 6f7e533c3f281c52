"""What MLflow writes of a model: its flavors, requirements, example, card. Not the weights.

The ``transformers`` flavor is written around a pipeline. A task whose pipeline the installed
transformers no longer has (``summarization`` on 5.x) gets the ``python_function`` flavor alone; its
folders are where the other flavor has them, and ``from_pretrained`` loads them.
"""

import copy
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import mlflow.transformers
import yaml
from huggingface_hub import ModelCard
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature

from runner.errors import SourceError
from runner.packaging.adapter import FOLDER
from runner.packaging.blueprint import Blueprint
from runner.packaging.forward import build_pipeline
from runner.packaging.inference_code import PACKAGE
from runner.packaging.reference import refer
from runner.recipe.language.models import Recipe
from runner.upstream.mlflow_api import told_what_is_known, weights_written_by

_FLAVOR = "transformers"


@dataclass(frozen=True)
class About:
    """What is stored beside the weights.

    Args:
        recipe: The recipe.
        parts: The parts.
        signature: The signature.
        example: Input example, as callers of the pyfunc give it.
        requirements: Requirement lines.
        metadata: Entries for the model's metadata.
        prompt_template: Text with one ``{prompt}``.
        card: The model card.
        code: Files and folders that ship in its ``code`` folder.
    """

    recipe: Recipe
    parts: Blueprint
    signature: ModelSignature
    example: Any
    requirements: list[str]
    metadata: Mapping[str, Any]
    prompt_template: str | None
    card: ModelCard | None
    code: list[str]


def write_flavors(about: About, model: Model, folder: Path, write: Callable[[Path], None]) -> None:
    """Write a model in the flavors that it can have.

    Args:
        about: What is stored.
        model: The MLflow model to describe it in.
        folder: The model folder, to create and fill.
        write: Writes the weights into the folder it is given.

    Raises:
        SourceError: MLflow or transformers cannot make a pipeline of the parts.
    """
    with _failing_as_source(about.parts):
        if about.recipe.has_native:
            _write_transformers(about, model, folder, write)
        else:
            _write_python_function(about, model, folder, write)


def _write_transformers(
    about: About, model: Model, folder: Path, write: Callable[[Path], None]
) -> None:
    recipe, parts, task = about.recipe, about.parts, about.parts.task
    as_read = copy.deepcopy(parts.model.config)

    def write_as_read(weights: Path) -> None:
        parts.model.config = as_read  # building a pipeline takes a task's prefix out of it
        write(weights)

    known = told_what_is_known(has_pyfunc=recipe.has_pyfunc)
    with weights_written_by(parts.model, write_as_read), known:
        mlflow.transformers.save_model(
            _pieces(parts) if _as_pieces(recipe, parts) else _whole(parts),
            path=str(folder),
            task=task.name if task.mlflow_schema else task.pipeline_task,
            processor=parts.components.get("processor"),
            torch_dtype=parts.dtype,
            model_card=about.card or ModelCard(""),  # without one MLflow looks for it on the hub
            mlflow_model=model,
            signature=None if task.mlflow_schema else about.signature,
            input_example=about.example,
            pip_requirements=about.requirements,
            code_paths=about.code or None,
            metadata=dict(about.metadata),
            model_config=dict(recipe.inference_config) or None,
            prompt_template=about.prompt_template,
        )
    flavor = model.flavors[_FLAVOR]
    flavor["source_model_name"] = parts.checkpoint.repo or parts.checkpoint.told
    if not recipe.save_pretrained:
        refer(flavor, parts)
    if parts.adapter:
        flavor["peft_adaptor"] = FOLDER


def _write_python_function(
    about: About, model: Model, folder: Path, write: Callable[[Path], None]
) -> None:
    template = about.prompt_template
    mlflow.pyfunc.save_model(
        str(folder),
        loader_module=PACKAGE,
        mlflow_model=model,
        signature=about.signature,
        input_example=about.example,
        pip_requirements=about.requirements,
        code_paths=about.code or None,
        metadata={**about.metadata, **({"prompt_template": template} if template else {})},
        model_config=dict(about.recipe.inference_config) or None,
    )
    write(folder / "model")
    for name, component in about.parts.components.items():
        component.save_pretrained(str(folder / "components" / name))
    if about.card is not None:
        (folder / "model_card.md").write_text(about.card.text, encoding="utf-8")
        data = yaml.safe_dump(about.card.data.to_dict(), default_flow_style=False)
        (folder / "model_card_data.yaml").write_text(data, encoding="utf-8")


def _as_pieces(recipe: Recipe, parts: Blueprint) -> bool:
    """Say whether MLflow is to put the pipeline together; both ways leave the same files.

    It cannot for processors, for a task without a pipeline, nor for the llm/v1 tasks, where it
    asks the hub for the task.
    """
    task = parts.task
    possible = not (task.mlflow_schema or task.needs_parts or "processor" in parts.components)
    return recipe.save_as == "components" and possible


def _whole(parts: Blueprint) -> Any:
    return build_pipeline(parts.task, parts.model, **parts.components)


def _pieces(parts: Blueprint) -> dict[str, Any]:
    return {"model": parts.model, **parts.components}


@contextmanager
def _failing_as_source(parts: Blueprint) -> Generator[None]:
    try:
        yield
    except (MlflowException, ValueError, KeyError) as error:
        raise SourceError(
            f"{parts.checkpoint.name} cannot be packaged for {parts.task.name}: {error}",
            "Check that the checkpoint, its components and the task belong together.",
        ) from error
