"""A sweep in MLflow: a parent run, and its points as children that show what varies."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from runner.errors import TrackingError
from runner.secrets import masked, without_user
from runner.stores import asking

PARENT = "mlflow.parentRunId"
"""The tag by which MLflow's pages put a run under another."""
_SWEEP = "recipe.sweep"
_MOST = 5000
"""Characters of a tag that every store takes."""


def experiment_of(client: MlflowClient, name: str) -> str:
    """Give the identifier of an experiment, which is made where it is not there.

    Args:
        client: Of the server.
        name: Name of the experiment.
    """
    found = client.get_experiment_by_name(name)
    if found is not None:
        return found.experiment_id
    try:
        return client.create_experiment(name)
    except MlflowException:
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return found.experiment_id


def open_parent(uri: str, experiment: str, name: str, key: str) -> str:
    """Open the parent run of a sweep: the one that an earlier try of it has, else a new one.

    Args:
        uri: Tracking URI.
        experiment: Name of the experiment.
        name: What the sweep is called.
        key: Tells this sweep from all others.

    Returns:
        The run.

    Raises:
        TrackingError: The server or its store failed.
    """
    with asking(uri, partial(_failed, uri)) as client:
        at = experiment_of(client, experiment)
        found = client.search_runs([at], f"tags.`{_SWEEP}` = '{key}'", max_results=1)
        if found:
            run_id = found[0].info.run_id
            client.update_run(run_id, status="RUNNING")
            return run_id
        return client.create_run(at, run_name=name, tags={_SWEEP: key}).info.run_id


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
