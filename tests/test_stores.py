"""MLflow's stores: made whole whoever is killed, and failing in words within seconds."""

import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from mlflow import MlflowClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from runner.errors import StorageError, TrackingError
from runner.stores import asking, failing_as
from runner.upstream.mlflow_api import make_database
from tests import forked
from tests.conftest import REPOSITORY

AT_ONCE = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from runner.errors import TrackingError
from runner.stores import asking

def child(dies_at):
    process = os.fork()
    if process:
        return process
    done = 0
    def count(*_):
        nonlocal done
        done += 1
        if done == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
    event.listen(Engine, "after_cursor_execute", count)
    with asking("sqlite:///mlflow.db", TrackingError) as client:
        client.create_run("0")
    os._exit(0)

def end(process):
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

killed = [end(child(at)) for at in (1, 20, 120)]
assert killed == [-signal.SIGKILL] * 3, killed
both = [child(0), child(0)]
assert [end(process) for process in both] == [0, 0]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a database that three killed processes and two at once have made."""
    folder = tmp_path_factory.mktemp("made")
    done = forked.start(AT_ONCE, folder, path=[str(REPOSITORY)]).end()
    assert done.code == 0, done.stderr
    return folder


@pytest.mark.slow
def test_a_database_is_made_whole_through_kills_and_by_two_at_once(made: Path) -> None:
    assert len(MlflowClient(f"sqlite:///{made}/mlflow.db").search_runs(["0"])) == 2
    assert [file.name for file in made.iterdir()] == ["mlflow.db"]


def test_a_database_is_made_without_waiting_for_the_disk_at_each_statement(
    workspace: Path,
) -> None:
    files = set[str]()

    def look(connection: sqlite3.Connection, _: object) -> None:
        files.update(file for _, _, file in connection.execute("PRAGMA database_list"))

    event.listen(Engine, "connect", look)
    try:
        make_database(workspace / "mlflow.db")
    finally:
        event.remove(Engine, "connect", look)
    assert files == {""}, "all is done in memory"
    assert MlflowClient(f"sqlite:///{workspace}/mlflow.db").create_run("0")


def reason(uri: str) -> TrackingError:
    """Ask a store that fails; gives the error, which may take no more than seconds."""
    began = time.perf_counter()
    with pytest.raises(TrackingError) as caught, asking(uri, TrackingError) as client:
        client.create_run("0")
    assert time.perf_counter() - began < 30
    assert "secret" not in str(caught.value)
    return caught.value


def test_a_file_that_is_no_database_is_named(workspace: Path) -> None:
    Path("mlflow.db").write_text("not a database, " * 100)
    error = reason("sqlite:///mlflow.db")
    assert error.message == f"{workspace}/mlflow.db is no SQLite database, or a damaged one"
    assert error.remedy == f"Move {workspace}/mlflow.db away, and the next run makes a new one."


def test_a_half_made_database_is_named_and_one_with_runs_is_not_to_be_moved(
    workspace: Path,
) -> None:
    with closing(sqlite3.connect("mlflow.db")) as database:
        database.execute("CREATE TABLE runs (run_uuid TEXT)")
        database.execute("CREATE TABLE latest_metrics (key TEXT)")
        assert "half-made" in reason("sqlite:///mlflow.db").message
        database.execute("INSERT INTO runs VALUES ('mine')")
        database.commit()
        kept = reason("sqlite:///mlflow.db")
    assert "half-made" not in kept.message
    assert "Move" not in kept.remedy


@pytest.mark.slow
def test_a_locked_database_is_said_to_be(made: Path, workspace: Path) -> None:
    shutil.copy(made / "mlflow.db", "mlflow.db")
    with closing(sqlite3.connect("mlflow.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        error = reason("sqlite:///mlflow.db")
    assert error.message == f"{workspace}/mlflow.db is locked by another process"


@pytest.mark.slow
def test_a_database_that_may_only_be_read_is_said_to_be(made: Path) -> None:
    error = reason(f"sqlite:///file:{made}/mlflow.db?mode=ro&uri=true")
    assert "readonly database" in error.message


@pytest.mark.parametrize(
    ("uri", "said", "remedy"),
    [
        ("postgresql://user:secret@127.0.0.1:9/runs", "No module named", "Install psycopg"),
        ("mysql+pymysql://user:secret@127.0.0.1:9/runs", "No module named", "Install pymysql"),
        ("mssql://user:secret@127.0.0.1:9/runs", "No module named", "Install pyodbc"),
        ("sqlite:////proc/none/mlflow.db", "No such file or directory", ""),
        ("gopher://user:secret@host/", "gopher", ""),
        ("http://user:se/secret@127.0.0.1:9", "no number", ""),
        ("http://user:secret@127.0.0.1:99999", "no number", ""),
        ("http://user:secret@127.0.0.1:9", "Connection refused", ""),
    ],
)
def test_what_cannot_be_asked_says_why(
    monkeypatch: pytest.MonkeyPatch, uri: str, said: str, remedy: str
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    error = reason(uri)
    assert said in error.message
    assert error.remedy.startswith(remedy)


@contextmanager
def answering(said: bytes | None) -> Generator[str]:
    """Listen as a server that says nothing, or always the same."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        if said is not None:
            threading.Thread(target=_answer, args=(server, said), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _answer(server: socket.socket, said: bytes) -> None:
    with server.accept()[0] as asked:
        asked.recv(2**16)
        asked.sendall(said)


@pytest.mark.parametrize(
    ("answer", "said"),
    [(None, "timed out"), (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{x}", "JSON")],
    ids=["silent", "nonsense"],
)
def test_a_server_that_makes_no_sense_is_given_up(
    monkeypatch: pytest.MonkeyPatch, answer: bytes | None, said: str
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with answering(answer) as uri:
        assert said in reason(uri).message


def test_what_fails_inside_with_an_error_of_ours_stays_it() -> None:
    with pytest.raises(StorageError), failing_as(TrackingError):
        raise StorageError("no room left")
