"""`serve` under load: a request has its time, and the model is free for others after it."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any

import anyio
import pytest
from starlette.testclient import TestClient

from runner.serving.app import App
from runner.serving.bounds import Bounds
from runner.serving.served import ServedModel
from runner.tasks import find_task
from tests.pyfunc.conftest import Packaged

TASK, PATH = "llm/v1/chat", "/v1/chat/completions"
ASKED = {"messages": [{"role": "user", "content": "My dog"}]}
LONG, SHORT = {**ASKED, "max_tokens": 400}, {**ASKED, "max_tokens": 2}


class Passes:
    """Counts the passes of a model, and holds it up at the first where it is told to."""

    def __init__(self) -> None:
        self.count = 0
        self.begun, self.free = threading.Event(), threading.Event()
        self.free.set()

    def __call__(self, *_: Any) -> None:
        self.count += 1
        self.begun.set()
        assert self.free.wait(60)


@pytest.fixture
def passes(model: Packaged) -> Iterator[Passes]:
    passes = Passes()
    hook = model(TASK).get_raw_model().model.register_forward_pre_hook(passes)
    yield passes
    passes.free.set()
    hook.remove()


@contextmanager
def serving(model: Any, bounds: Bounds) -> Iterator[TestClient]:
    served = ServedModel(model, "case", find_task(TASK))
    hooks = served.limit.watch(model)
    with TestClient(App(served, bounds).routes()) as client:
        yield client
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize(("path", "error"), [(PATH, "timeout"), ("/invocations", "")])
def test_an_answer_that_takes_too_long_ends_and_leaves_the_model_to_others(
    model: Packaged, passes: Passes, path: str, error: str
) -> None:
    passes.free.clear()
    with serving(model(TASK), Bounds(seconds=3)) as client:  # the model is at work by then
        said = client.post(path, json=LONG)
        assert (said.status_code, "took longer" in said.text) == (504, True)
        if error:
            assert said.json()["error"]["code"] == error
            assert said.json()["error"]["type"] == "server_error"
        else:
            assert said.json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"
        waits = client.post(path, json=SHORT)
        assert (waits.status_code, "busy" in waits.text) == (503, True)
        passes.free.set()
        assert client.post(path, json=SHORT).status_code == 200
    assert passes.count < 10


def test_a_stream_that_takes_too_long_says_so_and_ends(model: Packaged, passes: Passes) -> None:
    passes.free.clear()
    freeing = threading.Timer(0.4, passes.free.set)
    freeing.start()
    with serving(model(TASK), Bounds(seconds=0.2)) as client:
        said = client.post(PATH, json={**LONG, "stream": True})
        assert "took longer" in said.text
        assert "[DONE]" not in said.text
    assert passes.count < 10


def test_a_piece_is_sent_while_the_model_is_at_work(model: Packaged) -> None:
    sent, passes = threading.Event(), count(1)
    body = json.dumps({**LONG, "stream": True}).encode()
    began: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    said: list[bytes] = []

    def wait(*_: Any) -> None:
        assert next(passes) < 300 or sent.wait(5), "nothing was sent yet"

    async def receive() -> Any:
        return began.pop() if began else await anyio.sleep_forever()

    async def send(message: Any) -> None:
        said.append(message.get("body", b""))
        if b"content" in said[-1]:
            sent.set()

    hook = model(TASK).get_raw_model().model.register_forward_pre_hook(wait)
    scope = {"type": "http", "method": "POST", "path": PATH, "headers": [], "query_string": b""}
    app = App(ServedModel(model(TASK), "case", find_task(TASK)), Bounds()).routes()
    with hook:  # which takes it away again
        anyio.run(app, scope, receive, send)
    assert next(passes) > 300
    assert b"[DONE]" in b"".join(said)


def test_only_so_many_requests_are_here_and_a_ping_is_always_answered(
    model: Packaged, passes: Passes
) -> None:
    passes.free.clear()
    with serving(model(TASK), Bounds(requests=1)) as client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, PATH, json=SHORT)
        assert passes.begun.wait(60)
        second = client.post(PATH, json=SHORT)
        assert second.status_code == 503
        assert second.json()["error"]["code"] == "overloaded"
        assert client.get("/ping").status_code == 200
        passes.free.set()
        assert first.result().status_code == 200
        assert client.post(PATH, json=SHORT).status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(model: Packaged) -> None:
    began: list[Any] = [{"type": "http.request", "body": b"{", "more_body": True}]
    said: list[Any] = []

    async def receive() -> Any:
        return began.pop() if began else await anyio.sleep_forever()

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": PATH, "headers": [], "query_string": b""}
    app = App(ServedModel(model(TASK), "case", find_task(TASK)), Bounds(seconds=0.1)).routes()
    anyio.run(app, scope, receive, send)
    assert said[0]["status"] == 408
    assert b"did not come" in said[1]["body"]
