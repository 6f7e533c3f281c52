"""Tracking: one MLflow run a point, with the model as a logged model, its weights stored once."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelOutput, LoggedModelStatus, Run
from mlflow.models import Model

from runner.errors import TrackingError
from runner.files.temporary import temporary_folder
from runner.packaging.storage import share_file
from runner.recipe.composing.composed import Within
from runner.recipe.language.models import Recipe
from runner.records import RECORD_FILE, RunRecord, TrackingRecord, read_record
from runner.stores import asking
from runner.text.secrets import masked, without_user
from runner.tracking.attempts import TAG, begin, give_up_models, withdraw_versions
from runner.tracking.evaluations import log_evaluation
from runner.tracking.registry import may_have_alias, register, tags_of, version_tags
from runner.tracking.sweeps import PARENT, experiment_of
from runner.upstream.mlflow_api import local_path

_SHARED_FROM = 2**20
_LONGEST_PARAM = 6000
_NAME = "model"
_FINISHED = "FINISHED"


def log(
    record: RunRecord,
    recipe: Recipe,
    values: Mapping[str, Any],
    uri: str,
    within: Within | None = None,
    key: str = "",
) -> TrackingRecord:
    """Log a finished point.

    Args:
        record: The record so far; it is logged too.
        recipe: The recipe.
        values: The composed recipe, logged as an artifact.
        uri: MLflow tracking URI.
        within: The sweep that it is a point of.
        key: Tells what is logged from anything else: an attempt that logged it already, and was
            killed before its record said so, is taken up. Empty where that cannot be told.

    Returns:
        Where the run is; once its record says so, ``tracking_attempts.forget`` is called for.

    Raises:
        TrackingError: The server or its store failed. What the run left on disk is untouched.

    For a store on this machine the large files of the model are not copied: the store's file and
    the one in ``model/`` are one, by a copy-on-write clone or a hard link. Small files, MLmodel
    among them, are copies, so that the store's can name its run.
    """
    with asking(uri, partial(_not_logged, without_user(uri))) as client:
        experiment = experiment_of(client, recipe.tracking.experiment)
        attempt = begin(Path(record.model).parent, uri, key)
        left = attempt.left(client, experiment)
        if (run := attempt.done(left)) and (tracked := _logged_before(client, run)):
            return tracked
        start = int(datetime.fromisoformat(record.started).timestamp() * 1000)
        run = client.create_run(
            experiment,
            start_time=start,
            run_name=f"{record.recipe} {record.point}",
            tags={TAG: attempt.name},
        )
        run_id = run.info.run_id
        try:
            tracked = _log_into(client, experiment, run_id, record, recipe, values, uri, within)
            give_up_models(client, experiment, run_id)  # made by a call whose answer was lost
            withdraw_versions(client, (one for one in left if one.info.status != _FINISHED))
        except BaseException as error:
            status = "FAILED" if isinstance(error, Exception) else "KILLED"
            _give_up(client, experiment, run_id, status)
            raise
        client.set_terminated(run_id, _FINISHED)
        return tracked


def _logged_before(client: MlflowClient, run: Run) -> TrackingRecord | None:
    """Say where an attempt before this one logged the same, whose process did not live to tell."""
    with temporary_folder("logged") as folder:
        file = client.download_artifacts(run.info.run_id, RECORD_FILE, str(folder))
        record = read_record(file)
    return record.tracking if record else None


def _give_up(client: MlflowClient, experiment: str, run_id: str, status: str) -> None:
    """Close a run that failed; what it failed by is told, and not what closing it fails by."""
    with suppress(Exception):
        give_up_models(client, experiment, run_id)
    with suppress(Exception):
        client.set_terminated(run_id, status)


def _not_logged(shown: str, reason: str, remedy: str) -> TrackingError:
    remedy = remedy or "Check the server and tracking.uri."
    return TrackingError(
        f"the run could not be logged to {shown}: {reason.rstrip('.')}.",
        f"{remedy} The model on disk is kept, and a second run logs it. tracking.uri=null runs "
        "without logging.",
    )


def _log_into(
    client: MlflowClient,
    experiment: str,
    run_id: str,
    record: RunRecord,
    recipe: Recipe,
    values: Mapping[str, Any],
    uri: str,
    within: Within | None,
) -> TrackingRecord:
    params = _params(values)
    shown = within.params if within else params
    for key in params.keys() & {*shown}:
        client.log_param(run_id, key, params[key])
    if within:
        client.set_tag(run_id, PARENT, within.run_id)
    for key, value in _metrics(record).items():
        client.log_metric(run_id, key, value)
    own = {key: masked(value) for key, value in recipe.tracking.tags.items()}
    tags = {**own, **tags_of(record)}
    for key, value in tags.items():
        client.set_tag(run_id, key, value)
    model = client.create_logged_model(
        experiment, name=_NAME, source_run_id=run_id, tags=tags, params=params
    )
    storage = _store(client, model, Path(record.model), run_id)
    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    if record.evaluation:
        log_evaluation(client, run_id, model.model_id, record.evaluation)
    for file in record.reports:
        client.log_artifact(run_id, file)
    tracked = TrackingRecord(
        uri=without_user(uri),
        run_id=run_id,
        model_id=model.model_id,
        model_uri=f"models:/{model.model_id}",
        storage=storage,
    )
    tracked.registered = _registered(client, recipe, record, model, run_id)
    logged = record.model_copy(update={"tracking": tracked})
    client.log_text(run_id, logged.as_text(), RECORD_FILE)
    client.log_text(run_id, masked(yaml.safe_dump(dict(values), sort_keys=False)), "recipe.yaml")
    return tracked


def _params(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Flatten the composed recipe: ``source.repo``, ``params.temperature.default``."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= _params(value, f"{prefix}{key}.")
        elif value is not None and f"{prefix}{key}" != "tracking":
            flat[f"{prefix}{key}"] = masked(str(value))[:_LONGEST_PARAM]
    return flat


def _metrics(record: RunRecord) -> dict[str, float]:
    steps = {f"seconds.{step.name}": step.seconds for step in record.steps}
    checks = {
        "checks.failed": float(len(record.failed_checks)),
        "checks.total": float(len(record.checks) - len(record.skipped_checks)),
    }
    return {**record.metrics, **steps, **checks, "model_bytes": float(record.model_bytes)}


def _store(client: MlflowClient, model: LoggedModel, folder: Path, run_id: str) -> str:
    target = local_path(model.artifact_location)
    if target is None:
        return _upload(client, model, folder, run_id)
    target.mkdir(parents=True, exist_ok=True)
    ways: set[str] = set()
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        place = target / file.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.stat().st_size < _SHARED_FROM:
            shutil.copy2(file, place)
        else:
            ways.add(share_file(file, place))
    _name_run(folder, target, model, run_id)
    return "+".join(sorted(ways)) or "copy"


def _upload(client: MlflowClient, model: LoggedModel, folder: Path, run_id: str) -> str:
    """Upload every file as it lies; only MLmodel is written anew, to name its run."""
    client.log_model_artifacts(model.model_id, str(folder))
    staged = folder.with_name(".mlmodel.partial")
    try:
        staged.mkdir(exist_ok=True)
        _name_run(folder, staged, model, run_id)
        client.log_model_artifacts(model.model_id, str(staged))
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return "upload"


def _name_run(folder: Path, target: Path, model: LoggedModel, run_id: str) -> None:
    described = Model.load(str(folder))
    described.model_id = model.model_id
    described.run_id = run_id
    described.artifact_path = model.artifact_location
    described.save(str(target / "MLmodel"))


def _registered(
    client: MlflowClient, recipe: Recipe, record: RunRecord, model: LoggedModel, run_id: str
) -> str:
    """Register the model where the recipe asks for it, and set the alias once its gates passed."""
    name, alias = recipe.tracking.register_as, recipe.tracking.alias
    if not name or record.failed_checks:
        return ""
    own = {key: masked(value) for key, value in recipe.tracking.tags.items()}
    version = register(client, name, model, run_id, {**own, **version_tags(record)})
    if alias and may_have_alias(record):
        client.set_registered_model_alias(name, alias, version)
    return f"{name}/{version}"
