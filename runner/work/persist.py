"""Persist: put the weights that a model only references into it, without loading it."""

import os
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import transformers

from runner.errors import SourceError
from runner.files.disk import failing_as_storage
from runner.files.temporary import temporary_folder
from runner.packaging.blueprint import draw_as
from runner.packaging.described import COMPONENTS, DESCRIPTION, WEIGHTS, Described
from runner.packaging.storage import need_room
from runner.packaging.weights import write_weights
from runner.sources import SourceContext
from runner.sources.base import Progress, no_progress
from runner.sources.mlflow.location import fetch_model, is_remote, location_of
from runner.sources.mlflow.references import referenced
from runner.stores import failing_as
from runner.text.secrets import without_user
from runner.upstream.mlflow_api import artifact_repository

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
    with temporary_folder("persist") as work:
        if not is_remote(location):
            return _in_folder(Path(location), location, Path(work), progress)
        return _in_store(location, tracking_uri, Path(work), progress)


def _in_folder(model: Path, location: str, work: Path, progress: Progress) -> Persisted:
    described = Described.of(model)
    if described.has_weights:
        return Persisted(location, "already there", 0)
    source, absent = referenced(model), described.absent_components(_AUTO)
    context = SourceContext(work, work, described.task, progress=progress)
    checkpoint = source.resolve(context)
    described.insist_on_its_weights(checkpoint.folder)
    blueprint = draw_as(described.class_name, context.task, checkpoint, described.dtype)
    with failing_as_storage(model):
        need_room(model, blueprint.bytes)
        staged = model / _STAGED
        shutil.rmtree(staged, ignore_errors=True)
        report = write_weights(blueprint, staged, progress)
        shutil.rmtree(model / WEIGHTS, ignore_errors=True)
        os.rename(staged, model / WEIGHTS)
        for name, component in absent.items():
            folder = component.resolve(replace(context, component=name)).folder
            part = _AUTO[name].from_pretrained(str(folder), trust_remote_code=False)
            part.save_pretrained(str(model / COMPONENTS / name))
        described.name_own_weights()
    return Persisted(location, report.how, report.bytes)


def _in_store(location: str, tracking_uri: str | None, work: Path, progress: Progress) -> Persisted:
    """Change a copy, then send what is new, the description last."""
    model = fetch_model(location, work, tracking_uri)
    had_components = (model / COMPONENTS).is_dir()
    done = _in_folder(model, location, work, progress)
    if done.how == "already there":
        return done
    with failing_as(partial(_unstored, location), location):
        repository = artifact_repository(location, tracking_uri)
        repository.log_artifacts(str(model / WEIGHTS), WEIGHTS)
        if (model / COMPONENTS).is_dir() and not had_components:
            repository.log_artifacts(str(model / COMPONENTS), COMPONENTS)
        repository.log_artifact(str(model / DESCRIPTION))
    return done


def _unstored(location: str, reason: str, remedy: str) -> SourceError:
    return SourceError(
        f"the weights could not be stored at {without_user(location)}: {reason}",
        f"{remedy} Run it again: the model is as it was until its description is stored, last.",
    )
