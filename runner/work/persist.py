"""Persist: put the weights that a model only references into it, without loading it."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import transformers
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from runner.errors import SourceError
from runner.packaging.blueprint import Blueprint, draw_as
from runner.packaging.storage import failing_as_storage, need_room
from runner.packaging.weights import write_weights
from runner.sources import Checkpoint, SourceContext
from runner.sources.base import Progress, no_progress
from runner.sources.checkpoint.files import sha256_of
from runner.sources.mlflow.location import files_of, is_remote, location_of
from runner.sources.mlflow.references import referenced, referenced_component
from runner.tasks import Task, find_task
from runner.upstream.mlflow_api import artifact_repository, persisted_flavor

_FLAVOR = "transformers"
_WEIGHTS = "model"
_STAGED = ".model.partial"
_AUTO = {
    "tokenizer": transformers.AutoTokenizer,
    "feature_extractor": transformers.AutoFeatureExtractor,
    "image_processor": transformers.AutoImageProcessor,
    "processor": transformers.AutoProcessor,
}


@dataclass(frozen=True)
class Persisted:
    """What was done.

    Args:
        location: The model's folder or artifact URI.
        how: How the weights were written; ``already there`` where nothing was to be done.
        bytes: Their size.
    """

    location: str
    how: str
    bytes: int


def persist(uri: str, tracking_uri: str | None, progress: Progress = no_progress) -> Persisted:
    """Put the weights into a model that references them.

    At every moment the model loads: its weights appear by one rename, and only then does its
    description name them. What was fetched stays in the hub's cache, so a second run goes on.

    Args:
        uri: The model: ``models:/…``, ``runs:/…``, an artifact URI or a path.
        tracking_uri: Tracking URI of the server that knows it.
        progress: Told of downloads and writing.

    Returns:
        What was done.

    Raises:
        SourceError: The model or its weights cannot be had.
        StorageError: The disk would not take them.
    """
    location = location_of(uri, tracking_uri)
    with tempfile.TemporaryDirectory(prefix="persist-") as work:
        if not is_remote(location):
            return _in_folder(Path(location), location, Path(work), progress)
        return _in_store(location, tracking_uri, Path(work), progress)


def _in_folder(model: Path, location: str, work: Path, progress: Progress) -> Persisted:
    described = Model.load(str(model))
    if (model / _WEIGHTS).is_dir() and "reference" not in _inference(described):
        return Persisted(location, "already there", 0)
    source = referenced(model)
    task = find_task(str(_inference(described).get("task") or _flavor(described).get("task")))
    if task is None:
        raise SourceError(f"{model} is for a task that is not known", "See `ls --output json`.")
    context = SourceContext(work, work, task, progress=progress)
    checkpoint = source.resolve(context)
    _insist_on_the_same(checkpoint, _inference(described).get("reference") or {})
    blueprint = _blueprint(described, task, checkpoint)
    with failing_as_storage(model):
        need_room(model, blueprint.bytes)
        staged = model / _STAGED
        shutil.rmtree(staged, ignore_errors=True)
        report = write_weights(blueprint, staged, progress)
        shutil.rmtree(model / _WEIGHTS, ignore_errors=True)
        os.rename(staged, model / _WEIGHTS)
        _write_components(described, model, context)
        _describe(described, model)
    return Persisted(location, report.how, report.bytes)


def _in_store(location: str, tracking_uri: str | None, work: Path, progress: Progress) -> Persisted:
    """Change a copy, then send what is new, the description last."""
    model = files_of(location, work, tracking_uri)
    had_components = (model / "components").is_dir()
    done = _in_folder(model, location, work, progress)
    if done.how == "already there":
        return done
    repository = artifact_repository(location, tracking_uri)
    try:
        repository.log_artifacts(str(model / _WEIGHTS), _WEIGHTS)
        if (model / "components").is_dir() and not had_components:
            repository.log_artifacts(str(model / "components"), "components")
        repository.log_artifact(str(model / "MLmodel"))
    except (MlflowException, OSError) as error:
        raise SourceError(
            f"the weights could not be stored at {location}: {error}",
            "Run it again: the model is as it was until its description is stored, last.",
        ) from error
    return done


def _blueprint(described: Model, task: Task, checkpoint: Checkpoint) -> Blueprint:
    flavor, how = _flavor(described), _inference(described)
    class_name = str(flavor.get("pipeline_model_type") or how.get("model"))
    dtype = str(flavor.get("torch_dtype") or how.get("dtype") or "")
    return draw_as(class_name, task, checkpoint, dtype.removeprefix("torch."))


def _write_components(described: Model, model: Path, context: SourceContext) -> None:
    """Fetch the tokenizer and the like where the model only names them, as MLflow's own do."""
    flavor = _flavor(described)
    names = [*flavor.get("components", []), *(["processor"] if "processor_type" in flavor else [])]
    for name in names:
        target = model / "components" / name
        source = referenced_component(flavor, name)
        if target.is_dir() or source is None:
            continue
        part = SourceContext(
            context.folder, context.workdir, context.task, name, progress=context.progress
        )
        _AUTO[name].from_pretrained(str(source.resolve(part).folder)).save_pretrained(str(target))


def _describe(described: Model, model: Path) -> None:
    """Let the description name the weights, in one step."""
    flavor = _flavor(described)
    if flavor and "model_binary" not in flavor:
        described.flavors[_FLAVOR] = persisted_flavor(flavor)
    if how := _inference(described):
        how.pop("reference", None)
    described.model_size_bytes = sum(
        file.stat().st_size for file in model.rglob("*") if file.is_file()
    )
    staged = model / ".MLmodel.partial"
    described.save(str(staged))
    os.replace(staged, model / "MLmodel")


def _insist_on_the_same(checkpoint: Checkpoint, reference: Mapping[str, Any]) -> None:
    """See that local weights are those that the model was proven on."""
    for name, file in (reference.get("files") or {}).items():
        if sha256_of(checkpoint.folder / name) != file["sha256"]:
            raise SourceError(
                f"{checkpoint.folder / name} is not the file that the model was made with",
                "Bring back the file, or run the recipe again.",
            )


def _flavor(described: Model) -> dict[str, Any]:
    return described.flavors.get(_FLAVOR) or {}


def _inference(described: Model) -> dict[str, Any]:
    return (described.metadata or {}).get("inference") or {}
