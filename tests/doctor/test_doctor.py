"""``doctor`` finds what would stop a run, with a remedy, and never waits long or shows a token."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from runner.doctor.checks.disk import room
from runner.doctor.diagnosis import Status
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
Doctor = Callable[..., tuple[int, dict[str, Any], str]]
TOKEN = "hf_sEcReTsEcReTsEcReT"
HUB = "task: fill-mask\nsource: {kind: hub, repo: org/name}\n"


def write(name: str, text: str) -> None:
    file = Path("recipes") / f"{name}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


@contextmanager
def answering(status: int) -> Iterator[str]:
    """Serve one status for everything that comes with the right token, 401 for a wrong one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "")
            self.send_response(401 if given and TOKEN not in given else status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def doctor(cli: Cli, monkeypatch: pytest.MonkeyPatch, workspace: Path) -> Doctor:
    """Ask about a hub: what huggingface_hub has read at its import, and doctor asks it for."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(workspace / "no-token"))

    def ask(*words: str, **environment: str) -> tuple[int, dict[str, Any], str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        done = cli("doctor", *words, "--output", "json")
        assert done.stdout, done.stderr
        return done.code, done.document["checks"], done.stdout + done.stderr

    return ask


def test_a_machine_that_is_well(cli: Cli) -> None:
    done = cli("doctor", "text-generation/scratch", "tracking.uri=null", "device=cpu")
    assert done.code == 0, done.stdout
    lines = dict(line[2:].split(None, 1) for line in done.stdout.splitlines())
    assert lines["recipes"] == "1 recipe, nothing missing"
    assert lines["hub"] == "no recipe takes anything from a hub"
    assert lines["tracking"] == "tracking.uri is null: nothing is logged"
    assert lines["packages"].startswith("mlflow ")


def test_what_recipes_lack_is_said_once_with_the_recipes(cli: Cli) -> None:
    package = "source: {kind: package, distribution: no-such-model, path: a}\n"
    for name in ("one", "two"):
        write(name, f"task: fill-mask\n{package}")
    write("wrong", "task: fill-mask\nsource: {kind: hub}\n")
    done = cli("doctor", "one", "two", "wrong", "--output", "json")
    assert done.code == 3
    first, second = done.document["checks"]["recipes"]
    assert first == {
        "status": "problem",
        "message": "one, two: The package no-such-model is not installed",
        "remedy": "pip install no-such-model --no-deps",
    }
    assert second["remedy"] == "validate wrong says what."


def test_an_unknown_recipe_is_named(cli: Cli) -> None:
    done = cli("doctor", "text-generation/scrach")
    assert done.code == 2
    assert "Did you mean `text-generation/scratch`?" in done.stderr


@pytest.mark.parametrize(
    ("status", "token", "code", "said"),
    [
        (200, TOKEN, 0, "takes the token"),
        (200, "hf_oThErOtHeRoThEr", 3, "does not take the token"),
        (200, "", 0, "there is no token"),
        (503, TOKEN, 3, "answers 503"),
    ],
)
def test_the_hub_and_its_token(
    doctor: Doctor, status: int, token: str, code: int, said: str
) -> None:
    write("hub", HUB)
    with answering(status) as url:
        ended, checks, output = doctor("hub", HF_ENDPOINT=url, HF_TOKEN=token)
    assert ended == code, output
    assert said in checks["hub"][0]["message"]
    assert not token or token not in output


def test_a_hub_that_keeps_silent_is_not_waited_for(doctor: Doctor) -> None:
    write("hub", HUB)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        code, checks, _ = doctor("hub", f"tracking.uri={url}", HF_ENDPOINT=url)
        took = time.monotonic() - began
    assert code == 3
    assert "cannot be reached" in checks["hub"][0]["message"]
    assert "cannot be reached" in checks["tracking"][0]["message"]
    assert took < 60  # five seconds for each, and the imports of a busy machine


def test_a_tracking_server_with_a_password_is_shown_without(cli: Cli) -> None:
    with answering(200) as url:
        uri = url.replace("//", "//me:hunter2@")
        done = cli("doctor", "text-generation/scratch", f"'tracking.uri={uri}'", "device=cpu")
        assert "hunter2" not in done.stdout
        plain = cli("doctor", "text-generation/scratch", f"tracking.uri={url}")
    assert f"tracking  {url} answers" in plain.stdout


@pytest.mark.parametrize(
    ("uri", "said"),
    [("sqlite:///no/such/folder/x.db", "there is no folder"), ("http://127.0.0.1:9", "reached")],
)
def test_a_store_that_cannot_be_is_a_problem(cli: Cli, uri: str, said: str) -> None:
    done = cli("doctor", "text-generation/scratch", f"tracking.uri={uri}")
    assert done.code == 3
    assert said in done.stdout


def test_a_device_that_is_not_there(cli: Cli) -> None:
    done = cli("doctor", "text-generation/scratch", "device=cuda:97")
    assert done.code == 3
    assert "there is no cuda:97" in done.stdout


def test_too_little_room_and_no_leave_to_write(workspace: Path) -> None:
    assert room(workspace / "a" / "b", "models", "go").status is Status.OK
    assert room(workspace, "models", "go elsewhere", 2**60).status is Status.WARNING
    (workspace / "file").write_text("")
    refused = room(workspace / "file" / "below", "models", "go elsewhere")
    assert refused.status is Status.PROBLEM
    assert refused.remedy == "Mend that, or go elsewhere."
