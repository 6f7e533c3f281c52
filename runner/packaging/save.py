"""Save: MLflow writes the model around the weights, out of sight; then it appears whole."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow.transformers
from huggingface_hub import ModelCard
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.transformers import flavor_config, model_io
from mlflow.utils import environment
from transformers import pipeline

from runner.errors import SourceError
from runner.packaging.card import read_card, write_license
from runner.packaging.inference_code import ship
from runner.packaging.load import Parts, weight_bytes
from runner.packaging.requirements import requirements
from runner.packaging.storage import appearing, need_room
from runner.packaging.template import prompt_template_of
from runner.packaging.weights import WeightsReport, write_weights
from runner.recipe.models import Recipe
from runner.sources.base import Progress, no_progress

_FLAVOR = "transformers"


@dataclass(frozen=True)
class Saved:
    """A saved model.

    Args:
        path: The model folder.
        bytes: Its size.
        how: How the weights were written.
        requirements: The requirement lines stored in it.
    """

    path: Path
    bytes: int
    how: str
    requirements: list[str]


def save(
    recipe: Recipe,
    parts: Parts,
    signature: ModelSignature,
    path: Path,
    metadata: Mapping[str, Any],
    example: Any = None,
    progress: Progress = no_progress,
) -> Saved:
    """Save a model in MLflow's ``transformers`` and ``python_function`` flavors.

    Args:
        recipe: The recipe.
        parts: Its parts.
        signature: Its signature.
        path: The model folder; appears by one rename, and replaces one that is there.
        metadata: Entries for the model's metadata.
        example: Input example to store, as callers of the pyfunc give it.
        progress: Told of the bytes written.

    Returns:
        What was saved.

    Raises:
        SourceError: MLflow or transformers cannot make a pipeline of the parts.
        StorageError: The disk would not take it; nothing is left behind.

    Source: ``mlflow.transformers.save_model``, which writes everything but the weights.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    need_room(path.parent, weight_bytes(parts))
    lines = requirements(parts, recipe.requirements.extra)
    with appearing(path) as staged:
        report = _save_into(staged, recipe, parts, signature, metadata, example, lines, progress)
    size = sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
    return Saved(path, size, report.how, lines)


def _save_into(
    staged: Path,
    recipe: Recipe,
    parts: Parts,
    signature: ModelSignature,
    metadata: Mapping[str, Any],
    example: Any,
    lines: list[str],
    progress: Progress,
) -> WeightsReport:
    card = read_card(parts.checkpoint)
    model = Model()
    task = parts.task
    reports: list[WeightsReport] = []

    def write(save_directory: Path, **_: Any) -> None:
        reports.append(write_weights(parts, Path(save_directory), progress))

    with (
        _saving_by(parts.model, write),
        _told_what_is_known(recipe.has_pyfunc),
        _failing_as_source(parts),
    ):
        mlflow.transformers.save_model(
            _pieces(parts) if _as_pieces(recipe, parts) else _whole(parts),
            path=str(staged),
            task=task.name if task.mlflow_schema else task.pipeline_task,
            processor=parts.components.get("processor"),
            torch_dtype=parts.dtype,
            model_card=card or ModelCard(""),  # without one MLflow looks for it on the hub
            mlflow_model=model,
            signature=None if task.mlflow_schema else signature,
            input_example=example,
            pip_requirements=lines,
            metadata=dict(metadata),
            model_config=dict(recipe.inference_config) or None,
            prompt_template=prompt_template_of(recipe, parts),
        )
    model.signature = signature
    if recipe.has_pyfunc and recipe.pyfunc == "extended":
        ship(model, parts, staged)
    model.flavors[_FLAVOR]["source_model_name"] = parts.checkpoint.name
    model.save(str(staged / "MLmodel"))
    write_license(parts.checkpoint, card, staged)
    return reports[0]


def _as_pieces(recipe: Recipe, parts: Parts) -> bool:
    """Say whether MLflow is to put the pipeline together; both ways leave the same files.

    It cannot for processors, nor for the llm/v1 tasks, where it asks the hub for the task.
    """
    possible = not parts.task.mlflow_schema and "processor" not in parts.components
    return recipe.save_as == "components" and possible


def _whole(parts: Parts) -> Any:
    build: Any = pipeline
    return build(parts.task.pipeline_task, model=parts.model, framework="pt", **parts.components)


def _pieces(parts: Parts) -> dict[str, Any]:
    return {"model": parts.model, **parts.components}


@contextmanager
def _saving_by(model: Any, write: Any) -> Generator[None]:
    """Let MLflow's call of ``model.save_pretrained`` end in ``write``."""
    model.save_pretrained = write
    try:
        yield
    finally:
        del model.save_pretrained


@contextmanager
def _told_what_is_known(pyfunc: bool) -> Generator[None]:  # noqa: FBT001
    """Answer what MLflow would find out for itself, slowly.

    Whether the requirements match what is installed (they were read from there; a scan of every
    installed file), whether the model is one of PEFT's (imports it), and whether the pipeline has
    a pyfunc flavor (imports old models).
    """
    answers: list[tuple[Any, str, Any]] = [
        (environment, "warn_dependency_requirement_mismatches", lambda _requirements: None),
        (mlflow.transformers, "is_peft_model", lambda _model: False),
        (flavor_config, "is_peft_model", lambda _model: False),
        (model_io, "is_peft_model", lambda _model: False),
        (mlflow.transformers, "_should_add_pyfunc_to_model", lambda _pipeline: pyfunc),
    ]
    originals = [(module, name, getattr(module, name)) for module, name, _ in answers]
    for module, name, answer in answers:
        setattr(module, name, answer)
    try:
        yield
    finally:
        for module, name, original in originals:
            setattr(module, name, original)


@contextmanager
def _failing_as_source(parts: Parts) -> Generator[None]:
    try:
        yield
    except (MlflowException, ValueError, KeyError) as error:
        raise SourceError(
            f"{parts.checkpoint.name} cannot be packaged for {parts.task.name}: {error}",
            "Check that the checkpoint, its components and the task belong together.",
        ) from error
