"""Where the files of an MLflow model are, whatever it is called by. Imports mlflow when called."""

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import SourceError
from runner.stores import asking, failing_as
from runner.text.secrets import without_user
from runner.upstream.mlflow_api import local_path

if TYPE_CHECKING:
    from mlflow import MlflowClient

_RUN = re.compile(r"runs:/(?P<run>\w+)/(?P<name>.+)")
_LOGGED = re.compile(r"models:/(?P<id>m-\w+)/?")
_MODEL_FILE = "MLmodel"


def is_model_uri(uri: str) -> bool:
    """Say whether a text has the form of a model's URI: a path has too."""
    known = ("runs:/", "models:/")
    return "://" in uri or not uri.startswith(known) or bool(_RUN.fullmatch(uri)) or "/" in uri[8:]


def location_of(uri: str, tracking_uri: str | None) -> str:
    """Find where a model's files are.

    Args:
        uri: ``models:/name/version``, ``models:/name@alias``, ``models:/m-…``, ``runs:/…/name``,
            an artifact URI or a path.
        tracking_uri: Tracking URI of the server that knows it.

    Returns:
        An absolute path where the files are on this machine, else an artifact URI.

    Raises:
        SourceError: There is no such model, or the server cannot be asked.
    """
    if not uri.startswith(("runs:/", "models:/")):
        return _as_path(uri)
    with asking(tracking_uri, partial(_unknown, uri, tracking_uri)) as client:
        return _as_path(_asked(uri, client))


def _unknown(uri: str, tracking_uri: str | None, reason: str, remedy: str) -> SourceError:
    return SourceError(
        f"{uri} is not known to {without_user(tracking_uri or 'MLflow')}: {reason}",
        remedy
        or "Check the URI, and name the server with tracking.uri (--tracking-uri for persist).",
    )


def _asked(uri: str, client: "MlflowClient") -> str:
    if match := _LOGGED.fullmatch(uri):
        return client.get_logged_model(match["id"]).artifact_location
    if match := _RUN.fullmatch(uri):
        run = client.get_run(match["run"])
        logged = [client.get_logged_model(m.model_id) for m in _outputs(run)]
        named = [model for model in logged if model.name == match["name"]]
        if named:
            return named[-1].artifact_location
        return f"{run.info.artifact_uri}/{match['name']}"
    name, _, version = uri.removeprefix("models:/").rpartition("/")
    if "@" in uri:
        name, _, alias = uri.removeprefix("models:/").partition("@")
        version = client.get_model_version_by_alias(name, alias).version
    elif version == "latest":
        found = client.search_model_versions(f"name = '{name}'")
        version = str(max(int(v.version) for v in found)) if found else version
    location = client.get_model_version_download_uri(name, version)
    return _asked(location, client) if location.startswith(("runs:/", "models:/")) else location


def _outputs(run: Any) -> list[Any]:
    outputs = getattr(run, "outputs", None)
    return list(getattr(outputs, "model_outputs", None) or [])


def _as_path(location: str) -> str:
    local = local_path(location)
    if local is None:
        return location
    path = local.absolute()
    if not path.exists():
        raise SourceError(f"{path} is not there", "Name the folder of a model.")
    if not (path / _MODEL_FILE).is_file():
        raise SourceError(f"{path} is no MLflow model: it has no {_MODEL_FILE}", "Name the folder.")
    return str(path)


def is_remote(location: str) -> bool:
    """Say whether what :func:`location_of` gave is not a path."""
    return not Path(location).is_absolute()


def fetch_model(location: str, workdir: Path, tracking_uri: str | None) -> Path:
    """Give a folder with a model's files: the one they are in, or one they are fetched into.

    Args:
        location: What :func:`location_of` gave.
        workdir: Where to fetch to.
        tracking_uri: Tracking URI of the server that knows it.

    Raises:
        SourceError: They cannot be fetched.
    """
    if not is_remote(location):
        return Path(location)
    from mlflow.artifacts import download_artifacts

    with failing_as(partial(_unfetched, location), location):
        folder = download_artifacts(
            artifact_uri=location, dst_path=str(workdir), tracking_uri=tracking_uri
        )
        return Path(folder)


def _unfetched(location: str, reason: str, remedy: str) -> SourceError:
    return SourceError(
        f"{without_user(location)} cannot be fetched: {reason}",
        remedy or "Check the server and its store.",
    )
