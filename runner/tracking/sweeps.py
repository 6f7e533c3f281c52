"""A sweep in MLflow: a parent run, and its points as children that show what varies."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial

from mlflow import MlflowClient
from mlflow.entities import LifecycleStage
from mlflow.exceptions import MlflowException

from runner.errors import TrackingError
from runner.stores import asking
from runner.text.secrets import masked, without_user

PARENT = "mlflow.parentRunId"
"""The tag by which MLflow's pages put a run under another."""
_SWEEP = "recipe.sweep"
_GONE = "RESOURCE_DOES_NOT_EXIST"
_MOST = 5000
"""Characters of a tag that every store takes."""


def experiment_of(client: MlflowClient, name: str) -> str:
    """Give the identifier of an experiment, which is made where it is not there.

    Args:
        client: Of the server.
        name: Name of the experiment.

    Raises:
        TrackingError: It has been deleted.
    """
    found = client.get_experiment_by_name(name)
    if found is not None and found.lifecycle_stage == LifecycleStage.DELETED:
        message = f"the experiment {name} has been deleted"
        how = f"`mlflow experiments restore -x {found.experiment_id}` brings it back"
        raise TrackingError(message, f"Name another with tracking.experiment; {how}.")
    if found is not None:
        return found.experiment_id
    try:
        return client.create_experiment(name)
    except MlflowException:
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return found.experiment_id


def open_parent(uri: str, experiment: str, name: str, known: str) -> str:
    """Open the parent run of a sweep: the one that an earlier try of it made, else a new one.

    Args:
        uri: Tracking URI.
        experiment: Name of the experiment.
        name: What the sweep is called.
        known: The run of an earlier try; empty without one.

    Returns:
        The run.

    Raises:
        TrackingError: The server or its store failed.
    """
    with asking(uri, partial(_failed, uri)) as client:
        if known and _is_there(client, known):
            client.update_run(known, status="RUNNING")
            return known
        at = experiment_of(client, experiment)
        return client.create_run(at, run_name=name, tags={_SWEEP: name}).info.run_id


def _is_there(client: MlflowClient, run_id: str) -> bool:
    """Say whether a run is there, and nobody has deleted it."""
    try:
        return client.get_run(run_id).info.lifecycle_stage == "active"
    except MlflowException as error:
        if error.error_code != _GONE:
            raise
        return False


def close_parent(
    uri: str,
    parent: str,
    children: Iterable[str],
    said: Mapping[str, str],
    pages: Mapping[str, str],
    *,
    whole: bool,
) -> None:
    """Close the parent run of a sweep.

    Args:
        uri: Tracking URI.
        parent: The run.
        children: The runs of the points, those of earlier tries too.
        said: Tags.
        pages: Files that are logged with it: what each says, by name.
        whole: Whether every point came to its end.

    Raises:
        TrackingError: The server or its store failed.
    """
    with asking(uri, partial(_failed, uri)) as client:
        for child in children:
            client.set_tag(child, PARENT, parent)
        for key, value in said.items():
            client.set_tag(parent, key, masked(value)[:_MOST])
        for name, text in pages.items():
            client.log_text(parent, masked(text), name)
        client.set_terminated(parent, "FINISHED" if whole else "FAILED")


def give_up_parent(uri: str, parent: str) -> None:
    """Close the parent run of a sweep that was stopped; what closing fails by is not told.

    Args:
        uri: Tracking URI.
        parent: The run.
    """
    with suppress(TrackingError), asking(uri, partial(_failed, uri)) as client:
        client.set_terminated(parent, "KILLED")


def _failed(uri: str, reason: str, remedy: str) -> TrackingError:
    message = f"the sweep could not be logged to {without_user(uri)}: {reason.rstrip('.')}."
    return TrackingError(message, remedy or "Check the server and tracking.uri.")
