"""MLflow's stores, as the runner asks them: made whole, waited for in seconds, failing in words."""

import os
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from runner.errors import RunnerError, first_line, raise_if_ours
from runner.files.locked import holding
from runner.text.secrets import masked, without_user
from runner.upstream.mlflow_api import engine_tries, make_database

if TYPE_CHECKING:
    import sqlite3

    from mlflow import MlflowClient

_SQLITE = "sqlite:///"
_TRIES = 3
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
_FIRST = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
"""Of the first question, which only asks whether anybody is there; seconds."""


@contextmanager
def asking(uri: str | None, failed: Callable[[str, str], RunnerError]) -> Generator["MlflowClient"]:
    """Ask a tracking server, or the database that stands for one.

    Args:
        uri: Tracking URI; where absent, what MLflow takes then.
        failed: Makes the error, from the reason and what to do about it.

    Yields:
        The client. A database that is not there yet has been made, whole.

    Raises:
        RunnerError: The store failed, in whatever way of its many.
    """
    uri = _anchored(uri) if uri else uri
    file = _file_of(uri) if uri else None
    with failing_as(failed, uri or ""), _patient(_PATIENCE), engine_tries(_TRIES):
        try:
            client = _opened(uri)
        except Exception as error:
            if file and (found := _wrong_with(file)):
                raise failed(*found) from error
            raise
        yield client


def is_there(uri: str) -> bool:
    """Say whether there is a store to ask; whether a server answers, only asking it tells.

    Args:
        uri: Tracking URI.
    """
    file = _file_of(uri)
    return file is None or _has_content(file)


@contextmanager
def failing_as(failed: Callable[[str, str], RunnerError], uri: str = "") -> Generator[None]:
    """Turn whatever a store fails by into an error of the runner.

    Args:
        failed: Makes the error, from the reason and, where there is something to advise, that.
        uri: The URI that the store is asked by, of which no message says who one is.

    Raises:
        RunnerError: The store failed.
    """
    try:
        yield
    except RunnerError:
        raise
    except Exception as error:  # SQLAlchemy's, alembic's, drivers', clients' of clouds
        raise_if_ours(error)
        told = first_line(_of_the_driver(error))
        told = masked(told.replace(uri, without_user(uri)) if uri else told)
        lacks = error.name if isinstance(error, ImportError) else ""
        raise failed(told, f"Install {lacks}, which the store needs." if lacks else "") from error


def _of_the_driver(error: Exception) -> Exception:
    """Give what a database's driver raised, which SQLAlchemy and MLflow wrap in words of theirs."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(own := getattr(found, "orig", None), Exception):
            return own
        found = found.__cause__
    return error


def _opened(uri: str | None) -> "MlflowClient":
    from mlflow import MlflowClient

    if uri and (file := _file_of(uri)):
        _make(file)
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    if uri and uri.startswith(("http://", "https://")):
        _insist_on_a_port(uri)
        with _patient(_FIRST):
            client.search_experiments(max_results=1)
    return client


def _make(file: Path) -> None:
    """Make a database beside its place, and put it there whole.

    MLflow makes its tables one after another: a second process, or a kill, in between would leave
    what no later run opens.
    """
    if _has_content(file):
        return
    with holding(file.with_name(f".{file.name}.lock")):
        if _has_content(file):
            return
        staged = file.with_name(f".{file.name}.partial")
        for left in file.parent.glob(f"{staged.name}*"):
            left.unlink()
        make_database(staged)
        os.replace(staged, file)


def _has_content(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def _file_of(uri: str) -> Path | None:
    """Give the file of a database; nothing where it is none, or one in memory."""
    path = uri.removeprefix(_SQLITE).partition("?")[0]
    if not uri.startswith(_SQLITE) or path in ("", ":memory:") or path.startswith("file:"):
        return None
    return Path(path)


def _anchored(uri: str) -> str:
    """Tie a relative SQLite file to the working directory, which may change later."""
    file = _file_of(uri)
    return f"{_SQLITE}{file.absolute()}{''.join(uri.partition('?')[1:])}" if file else uri


def _insist_on_a_port(uri: str) -> None:
    """Refuse what is no address; libraries would quote what may be a part of a password."""
    try:
        _ = urlsplit(uri).port
    except ValueError:
        message = "what stands where its port should is no number"
        raise ValueError(message) from None


@contextmanager
def _patient(settings: dict[str, str]) -> Generator[None]:
    """Give up on a dead server in seconds rather than minutes, unless the user says otherwise."""
    before = {key: os.environ.get(key) for key in settings}
    os.environ.update({k: v for k, v in settings.items() if before[k] in (None, _PATIENCE.get(k))})
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def _wrong_with(file: Path) -> tuple[str, str] | None:
    """Find why a database cannot be opened, and what to do, if the file itself says why."""
    import sqlite3

    aside = f"Move {file} away, and the next run makes a new one."
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=0)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            if not tables or "runs" in tables and _runs(database):
                return None
            return f"{file} was left half-made by whoever created it; it holds no run", aside
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            return None
        return f"{file} is locked by another process", "Run it again once that one is done."
    except sqlite3.DatabaseError:
        return f"{file} is no SQLite database, or a damaged one", aside


def _runs(database: "sqlite3.Connection") -> int:
    (count,) = database.execute("SELECT count(*) FROM runs").fetchone()
    return int(count)
