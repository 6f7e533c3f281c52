"""Malformed requests are answered with 400 and a message, and the server keeps answering."""

import json
import socket
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import mlflow
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import scoring_server
from starlette.testclient import TestClient

from runner.serving.app import App
from runner.serving.bounds import Bounds
from runner.serving.served import ServedModel
from runner.tasks import find_task
from tests.fuzz.drawn import IS_LONG, fuzzed
from tests.pyfunc.conftest import RECIPES, Packaged
from tests.pyfunc.media import picture, recording
from tests.serving.malformed import KINDS, LONG, bodies

VALUES: list[Any] = [
    None, 5, 1.5, True, [], {}, [[]], [{}], [None], [5], ["a", None], ["a", 5], [["a"], "b"],
    {"a": 1}, {"question": 1}, {"question": None, "context": None},
    {"question": "", "context": ""},
    {"sequences": "a", "candidate_labels": "[not json"},
    {"sequences": "a", "candidate_labels": "[]"},
    {"query": "a", "table": "{"}, {"query": "a", "table": "[1]"}, "no such file", "AAAA", "%%%",
]  # fmt: skip
BODIES: list[str] = [
    "", "{", "null", "[]", "5", '"text"', "{}", '{"inputs"}', '{"inputs": }', '{"input": ["a"]}',
    '{"dataframe_split": {}}', '{"dataframe_split": 5}', '{"dataframe_records": 5}',
    '{"dataframe_records": [[1], 2]}', '{"instances": null}', '{"inputs": ["a"], "params": 5}',
    '{"inputs": ["a"], "dataframe_split": {"data": []}}',
]  # fmt: skip
GOOD: dict[str, Any] = {
    "text-generation": {"inputs": ["MLflow is great!"]},
    "question-answering": {"inputs": {"question": "who?", "context": "My dog loves spaghetti."}},
    "zero-shot-classification": {"inputs": {"sequences": "a", "candidate_labels": '["b", "c"]'}},
    "table-question-answering": {"inputs": {"query": "a", "table": '{"b": ["1", "2"]}'}},
    "feature-extraction": {"inputs": ["MLflow is great!"]},
    "llm/v1/chat": {"messages": [{"role": "user", "content": "a"}], "max_tokens": 2},
}
GOOD |= {
    "image-classification": {"inputs": [picture(48, 48, 0)]},
    "visual-question-answering": {"inputs": {"image": picture(48, 48, 0), "question": "what?"}},
    "automatic-speech-recognition": {"inputs": [b64encode(recording(8000, 0)).decode()]},
    "text-to-audio": {"inputs": ["My dog"]},
    "llm/v1/completions": {"prompt": "a", "max_tokens": 2},
    "llm/v1/embeddings": {"input": ["a", "b"]},
}
FILES = {
    **dict.fromkeys(("image.png", "one.png", "other.png"), picture(48, 48, 0)),
    "speech.wav": b64encode(recording(8000, 0)).decode(),
}
"""What stands for the files of examples."""


def asking(task: str) -> Any:
    """Give a request of a task: one that is answered, or the task's own example."""
    example = find_task(task).example
    match example:
        case dict():
            return GOOD.get(task) or {"inputs": {k: _said(one) for k, one in example.items()}}
        case _:
            return GOOD.get(task) or {"inputs": [_said(example)]}


def _said(value: Any) -> Any:
    return FILES.get(value, value) if isinstance(value, str) else json.dumps(value)


ASKED = sorted(RECIPES.keys() - {"mask-generation"}) if IS_LONG else list(GOOD)
"""A task of each family; where much is drawn, every task that needs no torchvision."""
PROTOCOL: list[Any] = [
    {"messages": 5}, {"messages": []}, {"messages": ["a"]}, {"messages": [{"content": "a"}]},
    {"messages": [{"role": "user"}]}, {"messages": [{"role": "user", "content": 5}]},
    {"messages": [{"role": "user", "content": "a"}], "max_tokens": "many"},
    {"messages": [{"role": "user", "content": "a"}], "max_tokens": -1},
    {"messages": [{"role": "user", "content": "a"}], "n": 0},
    {"messages": [{"role": "user", "content": "a"}], "temperature": "hot"},
    {"messages": [{"role": "user", "content": "a " * 5000}]}, {"prompt": "a"}, {"max_tokens": 2},
]  # fmt: skip

Ask = Callable[[str], tuple[int, Any]]


def serving(model: Any) -> Iterator[Ask]:
    """Serve a model by MLflow's scoring server, over HTTP on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(scoring_server.init(model), port=port, log_config=None, log_level="critical")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)

    def ask(body: str) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations",
            data=body.encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            return error.code, text

    yield ask
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("task", GOOD)
def test_malformed_requests_get_400_and_the_server_lives_on(model: Packaged, task: str) -> None:
    server = serving(model(task))
    ask = next(server)
    good = json.dumps(GOOD[task])
    status, first = ask(good)
    assert status == 200, first
    bodies = [*BODIES, *(json.dumps({"inputs": value}) for value in VALUES)]
    bodies += [json.dumps({"instances": value}) for value in VALUES]
    bodies += [json.dumps(value) for value in PROTOCOL] if task.startswith("llm") else []
    answers = [(body, *ask(body)) for body in bodies]
    wrong = [(body, status, said) for body, status, said in answers if status not in (200, 400)]
    assert wrong == []
    refused = [said for _, status, said in answers if status == 400]
    assert len(refused) >= 30
    assert all(str(said).strip() for said in refused)
    again = ask(good)
    assert again[0] == 200
    for _ in server:
        pass


@pytest.mark.parametrize(
    ("task", "rows", "said"),
    [
        ("question-answering",
         [{"question": "a", "context": "b"}, {"question": "", "context": "b"}],
         "row 1"),
        ("fill-mask", ["a [MASK]", "a", "b [MASK]"], "row 1: it has no [MASK]"),
        ("zero-shot-classification", [{"sequences": "a", "candidate_labels": "[1"}], "row 0"),
        ("table-question-answering", [{"query": "a", "table": "{"}], "row 0: `table` is not JSON"),
        ("automatic-speech-recognition", [b"noise", b"noise"], "row 0: it is no recording"),
        ("image-classification", ["no such image"], "row 0: 'no such image' is no file"),
    ],
)  # fmt: skip
def test_the_error_of_a_bad_row_names_it(
    model: Packaged, task: str, rows: list[Any], said: str
) -> None:
    with pytest.raises(MlflowException) as caught:
        model(task).predict(rows)
    assert said in str(caught.value)
    assert caught.value.get_http_status_code() == 400


def test_an_unknown_device_is_refused_at_load(saved: Callable[..., Any]) -> None:
    with pytest.raises(MlflowException, match="device nowhere is none"):
        mlflow.pyfunc.load_model(str(saved("text-generation")), model_config={"device": "nowhere"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"max_tokens": 0}, "row 0: `max_tokens` is 0, and must be at least 1"),
        ({"n": 0}, "row 0: `n` is 0, and must be at least 1"),
    ],
)
def test_a_limit_is_told_by_the_name_that_the_request_gives_it(
    model: Packaged, given: dict[str, int], said: str
) -> None:
    chat = model("llm/v1/chat")
    with pytest.raises(MlflowException, match=said):
        chat.predict({"messages": [{"role": "user", "content": "a"}], **given})


@pytest.mark.parametrize("task", ASKED)
@fuzzed()
@given(data=st.data())
def test_no_request_fails_the_server_that_is_served_by_the_runner(
    model: Packaged, task: str, data: st.DataObject
) -> None:
    known = find_task(task)
    assert known is not None
    client = TestClient(App(ServedModel(model(task), "case", known), Bounds(body=2**20)).routes())
    protocol = known.endpoint and data.draw(st.booleans())
    path = f"/v1/{known.endpoint}" if protocol else "/invocations"
    body, kind = data.draw(bodies(asking(task))), data.draw(st.just("application/json") | KINDS)
    headers = {"Content-Type": kind.encode()} if kind else {}
    said = client.post(path, content=body, headers=headers)
    assert said.status_code < 500, said.text
    if said.status_code >= 400:  # an answer may have its input in it
        assert LONG[:1000] not in said.text
        assert len(said.text) < 3000
        assert said.text.strip()
        if protocol:
            assert set(said.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("form", ["inputs", "instances"])
def test_what_is_no_text_is_none_in_inputs_as_in_a_frame(model: Packaged, form: str) -> None:
    def asked(task: str, given: Any) -> tuple[int, str]:
        served = ServedModel(model(task), "case", find_task(task))
        said = TestClient(App(served, Bounds(body=2**20)).routes()).post(
            "/invocations", json={form: given}
        )
        return said.status_code, said.text

    for wrong in (None, 5, True, ["a", None]):
        status, said = asked("text-generation", ["a", wrong])
        assert (status, "row 1: text is wanted" in said) == (400, True), said
    for row in ({"question": None, "context": "a"}, {"question": 5, "context": "a"}):
        status, said = asked("question-answering", row if form == "inputs" else [row])
        assert (status, "row 0: `question` is wanted as text" in said) == (400, True), said
    assert asked("text-generation", ["a", "b"])[0] == 200
