"""What is printed and kept: no secret, nothing that acts, and no care for who has gone away."""

import json
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from runner import read_record
from runner.cli import main
from tests import forked
from tests.conftest import REPOSITORY, Outcome

Cli = Callable[..., Outcome]
POINT = Path("outputs/mine/default")
RECIPE = """\
task: text-generation
source: {kind: scratch, architecture: gpt2}
model_config: {max_new_tokens: 2}
"""
MAIN = (
    "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # nohup has it ignored
    "from runner.cli import main; sys.exit(main(sys.argv[1:]))"
)


def write_recipe(more: str = "evaluation: {views: [native]}\n") -> None:
    Path("recipes").mkdir(exist_ok=True)
    Path("recipes/mine.yaml").write_text(RECIPE + more)


def test_a_reader_that_is_gone_ends_no_run(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recipe()
    reader, writer = os.pipe()
    os.close(reader)
    gone = os.fdopen(writer, "w", buffering=1)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", gone)
        patch.setattr(sys, "stderr", gone)
        code = main(["+recipe=mine", "tracking.uri=null", "--output", "json"])
    with suppress(BrokenPipeError):
        gone.close()
    record = read_record(POINT)
    assert code == 0
    assert record is not None
    assert (record.verdict, record.failure) == ("passed", None)


@pytest.mark.slow
def test_signals_end_a_run_in_order_each_under_its_name(workspace: Path) -> None:
    write_recipe()
    argv = ["runner", "+recipe=mine", "tracking.uri=null"]
    ended = {}
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL):
        while (run := begun(workspace, argv)) is None:
            pass  # it was over before anybody looked
        os.kill(run.pid, number)
        done = run.end()
        record = read_record(POINT)
        ended[number.name] = (done.code, done.stderr.splitlines()[-1:], failure_of(record))
        if number is not signal.SIGKILL:
            assert not list(POINT.glob(".*"))
    assert ended == {
        "SIGTERM": (143, ["terminated (SIGTERM)"], "terminated"),
        "SIGHUP": (129, ["hung-up (SIGHUP)"], "hung-up"),
        "SIGINT": (130, ["interrupted (SIGINT)"], "interrupted"),
        "SIGKILL": (-9, ["mine"], "unfinished"),
    }


def begun(workspace: Path, argv: list[str]) -> forked.Running | None:
    """Start a run anew, and give it once its record says that it is on its way."""
    shutil.rmtree(POINT, ignore_errors=True)
    run = forked.start(MAIN, workspace, argv=argv, path=[str(REPOSITORY)])
    while failure_of(read_record(POINT)) != "unfinished":
        if not Path(f"/proc/{run.pid}").exists():
            run.end()
            return None
        time.sleep(0.002)
    return run


def failure_of(record: object) -> str:
    return getattr(getattr(record, "failure", None), "code", "")


PASSWORD, SIGNATURE = "planted+pass", "planted%2Fsig"
PLANTED = {
    "HF_TOKEN": "hf_plantedPlantedPlanted01",
    "MLFLOW_TRACKING_PASSWORD": 'planted "quoted" key',
    "SOME_API_KEY": "planted-key-0001",
}
ADDRESS = f"https://user:{PASSWORD}@host/x?X-Amz-Signature={SIGNATURE}&y=1"


def test_no_planted_secret_is_printed_or_kept(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    said = json.dumps(f"{ADDRESS} {' '.join(PLANTED.values())}")
    write_recipe(
        f"description: {said}\nevaluation: {{views: [native], inputs: [{said}]}}\n"
        f"tracking: {{tags: {{from: {said}}}}}\n"
    )
    server = f"tracking.uri='http://user:{PASSWORD}@127.0.0.1:9'"
    told = [
        done := cli("+recipe=mine", "--output", "json"),
        cli("+recipe=mine"),
        cli("+recipe=mine", server),
        cli("+recipe=mine", f"tracking.uri='http://user:{PASSWORD}/@127.0.0.1:9'"),
        cli("show", "+recipe=mine", server),
        cli("validate", "recipes/mine.yaml"),
        cli("doctor", server),
        cli("+recipe=mine", f"dtype='{ADDRESS}'"),
        cli("evaluate", "models:/nobody/1", "+recipe=mine", server),
    ]
    assert [one.code for one in told] == [0, 0, 3, 3, 0, 0, 3, 2, 3]
    assert done.document["verdict"] == "passed"
    kept = {
        str(file): file.read_bytes()
        for file in workspace.rglob("*")
        if file.is_file() and "recipes" not in file.parts
    }
    assert any(name.endswith("mlflow.db") for name in kept)
    printed = {f"call {i}": f"{one.stdout}{one.stderr}".encode() for i, one in enumerate(told)}
    quoted = [json.dumps(value)[1:-1] for value in PLANTED.values()]
    secrets = {PASSWORD, SIGNATURE, *PLANTED.values(), *quoted}
    found = [
        (where, secret)
        for where, text in (kept | printed).items()
        for secret in secrets
        if secret.encode() in text
    ]
    assert found == []
    assert b"***" in kept[str(workspace / POINT / "record.json")]


ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
HOSTILE = '"\\e[31m\\u202e\\x9b\\n::error::x ##[error]x"'


@pytest.mark.parametrize("form", ["text", "github", "json", "sarif"])
def test_nothing_that_a_recipe_says_acts_on_who_reads(cli: Cli, form: str) -> None:
    write_recipe(f"{HOSTILE}: 1\ndtype: {HOSTILE}\n")
    done = cli("validate", "recipes/mine.yaml", "--format", form)
    assert done.code == 2
    assert not ACTS.search(done.stdout)
    assert not re.search(r"^\s*::error::x", done.stdout, re.M)
    assert form in ("json", "sarif") or "##[error]" not in done.stdout
    assert "31m" in done.stdout


@pytest.mark.parametrize("form", ["text", "github", "json", "sarif"])
def test_nothing_of_the_name_of_a_file_acts(cli: Cli, workspace: Path, form: str) -> None:
    (workspace / "recipes").mkdir()
    names = ("esc\x1b[31m", "c1\x9b31m", "a\n::error::x", "bidi\u202ex", "bytes\udcff31m", "a=b")
    files = [workspace / "recipes" / f"{name}.yaml" for name in names]
    for file in files:
        file.write_text(RECIPE)
    done = cli("validate", *map(str, files), "--format", form)
    assert (done.code, done.stdout.count("no name that a recipe may have")) == (2, len(names))
    assert "Did you mean" not in done.stdout
    assert not ACTS.search(done.stdout)
    assert not re.search(r"^\s*::error::x", done.stdout, re.M)
    done.stdout.encode()
    for line in (["ls"], ["validate"], ["lock", "--check"]):
        done = cli(*line)
        assert not ACTS.search(done.stdout + done.stderr), line
        assert not re.search(r"^\s*::error::x", done.stdout + done.stderr, re.M)


class Hostile(BaseHTTPRequestHandler):
    """A tracking server that refuses everything, in words that would act."""

    def do_GET(self) -> None:
        said = json.dumps(
            {"error_code": "BAD\x1b[31m", "message": "\x1b]0;t\x07\n::error::x\u202e"}
        )
        self.send_response(400)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_nothing_that_a_server_says_acts(cli: Cli) -> None:
    write_recipe("evaluation: {views: []}\n")
    with ThreadingHTTPServer(("127.0.0.1", 0), Hostile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        uri = f"http://127.0.0.1:{server.server_port}"
        told = [
            cli("verify", "models:/mine/1", "--tracking-uri", uri),
            cli("+recipe=mine", f"tracking.uri='{uri}'"),
        ]
        server.shutdown()
    for done in told:
        assert (done.code, "BAD\\x1b[31m" in done.stderr) == (3, True), done.stderr
        assert not ACTS.search(done.stdout + done.stderr)
        assert not re.search(r"^\s*::error::x", done.stdout + done.stderr, re.M)
    assert not ACTS.search((POINT / "record.json").read_text())


def test_nothing_that_stands_in_a_recipe_acts_where_it_is_shown_or_run(cli: Cli) -> None:
    write_recipe(f"description: {HOSTILE}\nevaluation: {{views: [native], inputs: [{HOSTILE}]}}\n")
    for line in (["show", "+recipe=mine"], ["ls"], ["+recipe=mine", "tracking.uri=null"]):
        done = cli(*line)
        assert done.code == 0, done.stderr
        assert not ACTS.search(done.stdout + done.stderr), line
        assert not re.search(r"^\s*::error::x", done.stdout + done.stderr, re.M)
    assert not ACTS.search((POINT / "record.json").read_text())
