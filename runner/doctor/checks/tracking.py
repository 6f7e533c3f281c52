"""The MLflow server answers, or the file that stands for it can be written."""

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

from runner.doctor.diagnosis import Needs, Result, Status
from runner.text.secrets import masked, without_user

PATIENCE = 5.0
"""Seconds."""
_ELSEWHERE = "Check it, or name another with tracking.uri=URI; null logs nowhere."


def check(needs: Needs) -> Iterator[Result]:
    """Look at the tracking URI of the settings."""
    uri = needs.settings.tracking.uri
    if uri is None:
        yield Result(Status.UNNEEDED, "tracking.uri is null: nothing is logged")
    elif uri.startswith(("http://", "https://")):
        yield _server(uri)
    else:
        yield _file(uri)


def _server(uri: str) -> Result:
    shown = without_user(uri)
    try:
        with urllib.request.urlopen(f"{shown.rstrip('/')}/health", timeout=PATIENCE):  # noqa: S310
            return Result(Status.OK, f"{shown} answers")
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            remedy = "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or _TOKEN."
            return Result(Status.WARNING, f"{shown} asks who you are", remedy)
        return Result(Status.PROBLEM, f"{shown} answers {error.code}", _ELSEWHERE)
    except (OSError, ValueError, HTTPException) as error:
        reason = masked(str(getattr(error, "reason", None) or error))
        return Result(Status.PROBLEM, f"{shown} cannot be reached: {reason}", _ELSEWHERE)


def _file(uri: str) -> Result:
    scheme, _, rest = uri.partition("://")
    if rest and scheme not in ("sqlite", "file"):
        return Result(Status.OK, f"{scheme} is not asked before a run")
    path = Path(rest.removeprefix("/") if scheme == "sqlite" else rest or uri).absolute()
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    if there != path and there != path.parent and scheme == "sqlite":
        return Result(Status.PROBLEM, f"there is no folder {path.parent}", _ELSEWHERE)
    if not os.access(there, os.W_OK):
        return Result(Status.PROBLEM, f"{there} cannot be written to", _ELSEWHERE)
    return Result(Status.OK, uri)
