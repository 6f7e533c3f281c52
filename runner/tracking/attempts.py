"""Attempts to log a point: what one that was killed left on the server, the next one closes."""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from mlflow import MlflowClient
from mlflow.entities import LoggedModelStatus, Run
from pydantic import TypeAdapter, ValidationError

from runner.files.disk import write_whole
from runner.tracking import NOTE

TAG = "recipe.attempt"
"""The tag of a run that names its attempt."""
_NOTED = TypeAdapter(dict[str, str])
_UNFINISHED, _FINISHED = ("RUNNING", "SCHEDULED"), "FINISHED"
_APART, _DIGITS = "-", 16


@dataclass(frozen=True)
class Attempt:
    """An attempt to log a point, and those before it that did not come to their end.

    It is noted in the folder before the server hears of it, so that no kill hides it.

    Args:
        name: Its name, which its run has as a tag: what is logged, and a number.
        before: The attempts before it on that server.
    """

    name: str
    before: tuple[str, ...]

    def left(self, client: MlflowClient, experiment: str) -> list[Run]:
        """Close the runs that attempts before this one left open, and their models.

        Args:
            client: Of the server.
            experiment: Identifier of the experiment.

        Returns:
            All runs of those attempts.
        """
        found = [
            run
            for name in self.before
            for run in client.search_runs([experiment], f"tags.`{TAG}` = '{name}'")
        ]
        for run in found:
            if run.info.status != _FINISHED:  # stopped, it may be closed without its model
                give_up_models(client, experiment, run.info.run_id)
            if run.info.status in _UNFINISHED:
                client.set_terminated(run.info.run_id, "KILLED")
        return found

    def done(self, left: Iterable[Run]) -> Run | None:
        """Give the run of an attempt that logged the same to its end; None where there is none.

        Args:
            left: All runs of the attempts before it.
        """
        what, _, _ = self.name.rpartition(_APART)
        for run in left:
            named = run.data.tags.get(TAG, "")
            if what and run.info.status == _FINISHED and named.startswith(what + _APART):
                return run
        return None


def begin(folder: Path, uri: str, key: str = "") -> Attempt:
    """Begin an attempt, and note it.

    Args:
        folder: Folder of the point.
        uri: Tracking URI.
        key: Tells what is logged from anything else; empty where that cannot be told.
    """
    note, name = folder / NOTE, f"{key[-_DIGITS:]}{_APART}{uuid4().hex}"
    noted, server = _read(note), _server(uri)
    write_whole(note, json.dumps({**noted, name: server}))
    return Attempt(name, tuple(k for k, v in noted.items() if v == server))


def forget(folder: Path, uri: str) -> None:
    """Forget the attempts on a server: the point is logged, and its record says where.

    Args:
        folder: Folder of the point.
        uri: Tracking URI.
    """
    note = folder / NOTE
    others = {k: v for k, v in _read(note).items() if v != _server(uri)}
    if others:
        write_whole(note, json.dumps(others))
    else:
        note.unlink(missing_ok=True)


def was_tried(folder: Path, run: Run) -> bool:
    """Say whether a run is of an attempt to log a point that is not told to be logged yet.

    Args:
        folder: Folder of the point.
        run: The run.
    """
    return run.data.tags.get(TAG) in _read(folder / NOTE)


def _server(uri: str) -> str:
    return sha256(uri.encode()).hexdigest()


def give_up_models(client: MlflowClient, experiment: str, run_id: str) -> None:
    """Close the logged models of a run that did not come to its end.

    Args:
        client: Of the server.
        experiment: Identifier of the experiment.
        run_id: The run. It is asked for them: who is stopped as one is made never hears of it.
    """
    source = f"source_run_id = '{run_id}'"
    for model in client.search_logged_models([experiment], filter_string=source):
        if model.status == LoggedModelStatus.PENDING:
            client.finalize_logged_model(model.model_id, LoggedModelStatus.FAILED)


def withdraw_versions(client: MlflowClient, runs: Iterable[Run]) -> None:
    """Delete the registered versions of attempts that did not come to their end.

    Args:
        client: Of the registry.
        runs: The runs of those attempts.
    """
    for run in runs:
        for version in client.search_model_versions(f"run_id = '{run.info.run_id}'"):
            client.delete_model_version(version.name, version.version)


def _read(note: Path) -> dict[str, str]:
    with suppress(OSError, ValidationError):
        return _NOTED.validate_json(note.read_bytes())
    return {}
