"""Every fault of the dial: the fetch succeeds, or says what is wrong and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from json import loads
from pathlib import Path

import pytest
import yaml

from tests.checkpoints import causal_lm
from tests.command import alone, start_alone
from tests.conftest import REPOSITORY, Outcome
from tests.hub_server import Fault, Hub
from tests.sources.hub.hub_faults_worker import SIZE, Happened

PAGE = REPOSITORY / "docs" / "hub-faults.md"
WORKER = Path(__file__).with_name("hub_faults_worker.py")
NEWER = not version("huggingface_hub").startswith("0.")
TOKEN = "hf_sEcReTsEcReTsEcReT"
HEAD = """\
# When the hub fails

Written by the tests (`UPDATE_DOCS=1 make test`): a real client fetches a repository with 25 MB of weights from a server on
loopback that has one fault at a time. *Once* is a fault that passes: it strikes the first request, or the first two. After
each, the fault is lifted and the repository fetched again: that always succeeds, to the byte, and goes on from what has
arrived. No fault leaves a file in the cache that is not what the hub lists.
(huggingface_hub 2 keeps whole files only: an unfinished one starts anew.)

Pauses between tries grow from one second to eight, with jitter; `Retry-After` is honoured up to a minute; 401, 403 and 404 are
never asked again. After 30 seconds without a byte (`RECIPE_RUNNER_HUB_PATIENCE`) there is no further try. Every failure ends
with exit code 3.

| fault | struck | once | for ever | then, of 25 MB |
|---|---|---|---|---|
"""  # noqa: E501
SAID = {
    "hang-up": "the connection is closed without an answer",
    "reset": "the connection is reset in the middle of a file",
    "stall": "nothing comes after the middle of a file",
    "truncate": "a file ends early, and says so",
    "corrupt": "a file has other bytes",
    "busy": "429 with `Retry-After`",
    "down": "503",
    "loop": "a redirect to itself",
    "wrong-size": "a file has another size than listed",
    "page": "a page to sign in",
}


@pytest.fixture(scope="module")
def happened(tmp_path_factory: pytest.TempPathFactory) -> list[Happened]:
    """What happened under every fault."""
    done = subprocess.run(
        [sys.executable, str(WORKER), str(tmp_path_factory.mktemp("hf"))],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [Happened(**one) for one in loads(done.stdout)]


def test_no_fault_leaves_a_half_written_file(happened: list[Happened]) -> None:
    assert [one for one in happened if one.half_written] == []


def test_every_fetch_after_a_fault_succeeds(happened: list[Happened]) -> None:
    assert [one for one in happened if one.then or not one.right] == []


def test_every_failure_is_one_clear_message_of_the_outside(happened: list[Happened]) -> None:
    failed = [one for one in happened if one.error]
    assert failed
    for one in failed:
        assert one.exit == 3, one
        assert "\n" not in one.error
        assert one.remedy, one


def test_what_passes_is_waited_for(happened: list[Happened]) -> None:
    passing = {"hang-up", "reset", "stall", "truncate", "corrupt", "busy", "down"}
    assert [one for one in happened if one.kind in passing and one.times > 0 and one.error] == []
    asked_to_wait = [one.seconds for one in happened if one.kind == "busy" and one.times > 0]
    assert min(asked_to_wait) >= 2, "twice a Retry-After of one second"


@pytest.mark.skipif(NEWER, reason="huggingface_hub 2 itself throws an unfinished file away")
def test_what_has_arrived_is_not_fetched_again(happened: list[Happened]) -> None:
    for one in happened:
        if one.kind in ("reset", "stall", "truncate") and one.times < 0:
            assert one.then_sent < SIZE * 2 / 3, one


@pytest.mark.skipif(NEWER, reason="the page is of the reference, huggingface_hub 0.36")
def test_the_page_says_what_happened(happened: list[Happened]) -> None:
    text = HEAD + "".join(f"{line}\n" for line in rows(happened))
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(text)
    assert PAGE.read_text() == text, "UPDATE_DOCS=1 writes it"


def rows(happened: list[Happened]) -> Iterator[str]:
    """Give a row for each fault and each kind of request it strikes."""
    found = {(one.kind, one.where, one.times > 0): one for one in happened}
    for kind, said in SAID.items():
        for where in ("listing", "weights"):
            if lasting := found.get((kind, where, False)):
                once = found.get((kind, where, True))
                passing = "" if once is None else outcome(once)
                rest = "the rest" if lasting.then_sent < SIZE * 2 / 3 else "all of it"
                yield f"| {said} | {where} | {passing} | {outcome(lasting)} | {rest} |"


def outcome(one: Happened) -> str:
    """Say how a fetch ended, without what differs from run to run."""
    if not one.error:
        return "succeeds"
    text = one.error.partition(": (")[0].partition(": HTTP")[0].partition(": 503")[0]
    text = re.sub(r"http://127\.0\.0\.1:\d+", "the hub", text)
    text = re.sub(r"\b[0-9a-f]{12}…", "…", re.sub(r"org/case-\d+", "org/repo", text))
    return re.sub(r"\b\d{6,}\b", "n", text.partition(": Consistency")[0].partition(": Distant")[0])


Run = Callable[..., Outcome]


@pytest.fixture
def run(workspace: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Package org/tiny in a process of its own, with a token."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.add("org/tiny", causal_lm(workspace / "gpt2"), token=TOKEN)
    recipe = {"task": "text-generation", "source": {"kind": "hub", "repo": "org/tiny"}}
    (workspace / "case.yaml").write_text(yaml.safe_dump(recipe))
    return partial(alone, workspace, "+recipe=case.yaml", "tracking.uri=null")


def test_a_run_ends_with_one_message_and_the_next_succeeds_without_a_word_of_the_token(
    workspace: Path, hub: Hub, run: Run
) -> None:
    hub.repos["org/tiny"].fault = Fault("corrupt")
    done = run()
    assert done.code == 3, done.stderr
    assert "model.safetensors of org/tiny came from" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (workspace / "outputs" / "case" / "default" / "model").exists()
    hub.repos["org/tiny"].fault = None
    again = run()
    assert again.code == 0, again.stderr
    assert any(TOKEN in request.authorization for request in hub.requests), "it was needed"
    written = [p for p in workspace.rglob("*") if p.is_file()]
    assert [p for p in written if TOKEN.encode() in p.read_bytes()] == []
    assert TOKEN not in done.stdout + done.stderr + again.stdout + again.stderr


def test_a_run_that_is_killed_while_it_fetches_goes_on(workspace: Path, hub: Hub, run: Run) -> None:
    hub.repos["org/tiny"].fault = Fault("stall", times=1)
    running = start_alone(workspace, "+recipe=case.yaml", "tracking.uri=null")
    while not hub.repos["org/tiny"].sent:
        os.kill(running.pid, 0)  # it is not over
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    assert running.end().code == -signal.SIGKILL
    assert not list((workspace / "hf").rglob("snapshots/*/model.safetensors"))
    done = run()
    assert done.code == 0, done.stderr
