"""Registered models: a version with what is known of its model, and the alias that points at it."""

from collections.abc import Mapping

from mlflow import MlflowClient
from mlflow.entities import LoggedModel
from mlflow.exceptions import MlflowException

from runner.records import RunRecord, Verdict
from runner.tracking.evaluations import key_of

_THERE = "RESOURCE_ALREADY_EXISTS"


def tags_of(record: RunRecord) -> dict[str, str]:
    """Give the tags of a run and of its logged model.

    Args:
        record: The record of the run.
    """
    return {
        "recipe": record.recipe,
        "recipe.point": record.point,
        "recipe.digest": record.digest,
        "recipe.verdict": record.verdict.value,
    }


def version_tags(record: RunRecord) -> dict[str, str]:
    """Give the tags of a registered version: those of its run, its metrics and its gates.

    Args:
        record: The record of the run.
    """
    found = record.evaluation
    whole = [score for score in found.scores if "." not in score.name] if found else []
    metrics = {f"metric.{key_of(s.name)}": f"{s.value:.6g}" for s in whole if s.value is not None}
    gates = {
        f"gate.{key_of(gate.name)}": f"{gate.verdict} ({gate.condition})"
        for gate in (found.gates if found else ())
    }
    return {**tags_of(record), **metrics, **gates}


def register(
    client: MlflowClient, name: str, model: LoggedModel, run_id: str, tags: Mapping[str, str]
) -> str:
    """Register a logged model.

    Args:
        client: Of the registry.
        name: Registered model name; made where it is not there.
        model: The logged model.
        run_id: Its run.
        tags: Tags of the version.

    Returns:
        The version.
    """
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != _THERE:
            raise
    version = client.create_model_version(
        name,
        source=model.artifact_location,
        run_id=run_id,
        model_id=model.model_id,
        tags=dict(tags),
    )
    return str(version.version)


def may_have_alias(record: RunRecord) -> bool:
    """Say whether the model may have an alias: a gate without a pass is no champion.

    Args:
        record: The record of its run.
    """
    gates = record.evaluation.gates if record.evaluation else ()
    return bool(gates) and record.verdict is Verdict.PASSED
