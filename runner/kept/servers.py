"""The MLflow server that knows a run, with the credentials that no record has."""

import os

from runner.errors import TrackingError
from runner.recipe.language.settings import DEFAULT_TRACKING_URI
from runner.records import TrackingRecord
from runner.stores import is_there
from runner.text.secrets import without_user


def server_of(tracked: TrackingRecord | None, asked: str | None) -> str:
    """Give the URI of the server that knows a run.

    Args:
        tracked: Where the run is; None of one that was not logged.
        asked: What the command line says.

    Raises:
        TrackingError: It is a database that is not there.
    """
    if tracked is not None:
        return own_server(tracked.uri, asked)
    return asked or os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_TRACKING_URI


def own_server(recorded: str, asked: str | None) -> str:
    """Give a URI with the credentials that the environment has for it.

    Args:
        recorded: The URI as a record has it.
        asked: What the command line says.

    Raises:
        TrackingError: It is a database that is not there.
    """
    known = os.environ.get("MLFLOW_TRACKING_URI") or ""
    uri = asked or (known if without_user(known) == recorded else recorded)
    if not is_there(uri):
        message = f"{without_user(uri)}, where the run was logged, is not there."
        raise TrackingError(message, "Work in the folder of the run, or name it: --tracking-uri.")
    return uri


def not_promoted(name: str, uri: str, reason: str, remedy: str) -> TrackingError:
    """Give the error of a registry that failed.

    Args:
        name: Registered model name.
        uri: Tracking URI.
        reason: What happened.
        remedy: What to do about it, where that is known.
    """
    message = f"{name} could not be promoted in {without_user(uri)}: {reason}"
    return TrackingError(message, remedy or "Check the server, and --tracking-uri.")
