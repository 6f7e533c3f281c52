"""`serve`: OpenAI's own client, over HTTP and in this process; how it begins and ends."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import openai
import pytest
from starlette.testclient import TestClient

from runner.serving.app import App
from runner.serving.bounds import Bounds
from runner.serving.served import ServedModel
from runner.tasks import find_task
from tests.conftest import REPOSITORY
from tests.pyfunc.conftest import Packaged

NAME = "case"
ASKED: Any = [{"role": "user", "content": "My dog"}]


@dataclass
class Serving:
    """A server in a process of its own."""

    process: "subprocess.Popen[str]"
    address: str
    path: Path

    @property
    def client(self) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.address}/v1", api_key="none", max_retries=0)


@pytest.fixture(scope="module")
def chat(saved: Callable[..., Path]) -> Iterator[Serving]:
    """A chat model, served by the command line."""
    path = saved("llm/v1/chat")
    line = [sys.executable, "-m", "runner", "serve", str(path), "--port", "0", "--max-body", "1"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with (
        subprocess.Popen(line, stderr=subprocess.PIPE, text=True, env=environment) as process,
        ExitStack() as stack,
    ):
        assert process.stderr is not None
        stack.callback(process.kill)  # of one that has ended, nothing
        said = next(line for line in process.stderr if "answers at" in line)
        assert said.startswith(f"{NAME} answers at http://127.0.0.1:")
        assert said.endswith(": /invocations /ping /version /v1/models /v1/chat/completions\n")
        yield Serving(process, said.split()[3].rstrip(":"), path)
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert (process.wait(60), rest) == (128 + signal.SIGTERM, "terminated (SIGTERM)\n")


def client_of(model: Any, task: str) -> openai.OpenAI:
    """Give a client of the application alone."""
    app = App(ServedModel(model, NAME, find_task(task)), Bounds(body=2**20)).routes()
    return openai.OpenAI(
        base_url="http://here/v1", api_key="none", max_retries=0, http_client=TestClient(app)
    )


def test_a_chat_is_answered_as_by_the_pyfunc(chat: Serving) -> None:
    said = chat.client.chat.completions.create(model=NAME, messages=ASKED, max_completion_tokens=5)
    model = mlflow.pyfunc.load_model(str(chat.path))
    (wanted,) = model.predict({"messages": ASKED, "max_tokens": 5})
    assert said.choices[0].message.content == wanted["choices"][0]["message"]["content"]
    assert said.choices[0].finish_reason == "length"
    assert said.usage is not None
    assert said.usage.completion_tokens == 5
    assert said.model == NAME
    parts: Any = [{"role": "user", "content": [{"type": "text", "text": "My dog"}]}]
    again = chat.client.chat.completions.create(model=NAME, messages=parts, max_tokens=5)
    assert again.choices[0].message == said.choices[0].message


def test_a_stream_is_the_answer_in_pieces(chat: Serving) -> None:
    create = chat.client.chat.completions.create
    whole = create(model=NAME, messages=ASKED, max_tokens=6)
    pieces = list(
        create(
            model=NAME, messages=ASKED, max_tokens=6, stream=True,
            stream_options={"include_usage": True},
        )
    )  # fmt: skip
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces[:-1])
    assert text == whole.choices[0].message.content
    assert pieces[-2].choices[0].finish_reason == "length"
    assert (pieces[-1].choices, pieces[-1].usage) == ([], whole.usage)
    assert all(piece.usage is None for piece in pieces[:-1])
    plain = list(create(model=NAME, messages=ASKED, max_tokens=6, stream=True))
    assert len(plain) == len(pieces) - 1
    assert all(piece.usage is None for piece in plain)


def test_a_stream_that_nobody_reads_any_more_leaves_the_model_to_others(chat: Serving) -> None:
    create = chat.client.chat.completions.create
    with create(model=NAME, messages=ASKED, max_tokens=400, stream=True) as stream:
        next(iter(stream))
    assert create(model=NAME, messages=ASKED, max_tokens=2, timeout=30).choices


def test_mlflows_own_paths(chat: Serving) -> None:
    def get(path: str) -> tuple[int, str]:
        with urllib.request.urlopen(f"{chat.address}{path}") as reply:
            return reply.status, reply.read().decode()

    assert get("/ping") == get("/health") == (200, "\n")
    assert get("/version") == (200, mlflow.__version__)
    request = urllib.request.Request(
        f"{chat.address}/invocations",
        json.dumps({"messages": ASKED, "max_tokens": 2}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        (answer,) = json.load(reply)
    assert answer["usage"]["completion_tokens"] == 2


def test_models_are_listed_and_others_are_not_here(chat: Serving) -> None:
    assert [one.id for one in chat.client.models.list()] == [NAME]
    assert chat.client.models.retrieve(NAME).id == NAME
    with pytest.raises(openai.NotFoundError) as caught:
        chat.client.chat.completions.create(model="gpt-7", messages=ASKED)
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError, match="ask /v1/chat/completions"):
        chat.client.embeddings.create(model=NAME, input="a")


@pytest.mark.parametrize(
    ("wrong", "param", "said"),
    [
        ({"max_tokens": "many"}, "max_tokens", "a whole number"),
        ({"temperature": -1}, "temperature", "from 0 on"),
        ({"messages": []}, "messages", "a list of mappings"),
        ({"messages": [{"role": "robot", "content": "a"}]}, None, "row 0: message 0 has the role"),
        (
            {"messages": [{"role": "content", "content": "a"}]},
            None,
            "row 0: message 0 has the role",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages", "texts"),
        ({"extra_body": {"stream": "yes"}}, "stream", "true or false"),
        ({"extra_body": {"stream_options": 1}}, "stream_options", "a mapping"),
        ({"extra_body": {"seed": 1.5}}, "seed", "a whole number"),
        ({"extra_body": {"logprobs": True}}, "logprobs", "not supported"),
        ({"extra_body": {"max_tokens": 10**400}}, "max_tokens", "`max_tokens`"),
        ({"tools": [{"type": "function"}]}, "tools", "not supported"),
        ({"max_tokens": 2, "max_completion_tokens": 3}, "max_completion_tokens", "one field"),
        ({"user": "a" * 2**20}, None, "more than 1048576 bytes"),
    ],
)
def test_a_wrong_field_is_named(
    chat: Serving, wrong: dict[str, Any], param: str | None, said: str
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        chat.client.chat.completions.create(**{"model": NAME, "messages": ASKED, **wrong})
    assert 400 <= caught.value.status_code < 500
    assert said in caught.value.message
    assert len(caught.value.message) < 900
    assert caught.value.param == param


DEEP = '{"inputs": ' + "[" * 100_000 + "]" * 100_000 + "}"
HALF = json.dumps({"messages": [{"role": "user", "content": "half \ud800 of a pair"}]})


@pytest.mark.parametrize(
    ("path", "kind", "body", "code", "said"),
    [
        ("/invocations", "", '{"inputs": ["a"]}', 415, "no Content-Type"),
        ("/invocations", "application/json", DEEP, 400, "nested"),
        ("/v1/chat/completions", "application/json", DEEP, 400, "nested"),
        ("/invocations", "application/json", HALF, 400, "half"),
        ("/v1/chat/completions", "application/json", HALF, 400, "half"),
    ],
    ids=["no kind", "depth", "depth in the protocol", "surrogate", "surrogate in the protocol"],
)
def test_what_a_json_library_fails_at_is_refused_in_words(
    model: Packaged, path: str, kind: str, body: str, code: int, said: str
) -> None:
    task = "llm/v1/chat"
    app = App(ServedModel(model(task), NAME, find_task(task)), Bounds(body=2**20)).routes()
    headers = {"Content-Type": kind} if kind else {}
    answer = TestClient(app).post(path, content=body.encode(), headers=headers)
    assert (answer.status_code, said in answer.text) == (code, True), answer.text
    assert len(answer.text) < 500


def test_completions_of_several_prompts(model: Packaged) -> None:
    task = "llm/v1/completions"
    create = client_of(model(task), task).completions.create
    alone = [create(model=NAME, prompt=text, max_tokens=4) for text in ("My dog", "What")]
    both = create(model=NAME, prompt=["My dog", "What"], max_tokens=4)
    assert [one.text for one in both.choices] == [one.choices[0].text for one in alone]
    assert [one.index for one in both.choices] == [0, 1]
    assert both.usage is not None
    assert both.usage.total_tokens == sum(one.usage.total_tokens for one in alone if one.usage)
    pieces = list(create(model=NAME, prompt="My dog", max_tokens=4, stream=True))
    assert "".join(one.choices[0].text for one in pieces) == alone[0].choices[0].text
    drawn = [
        create(model=NAME, prompt="My dog", max_tokens=8, temperature=1.5, seed=seed)
        for seed in (-1, -1, 2)
    ]
    texts = [one.choices[0].text for one in drawn]
    assert texts[0] == texts[1] != texts[2]
    with pytest.raises(openai.BadRequestError, match="tokens are not taken"):
        create(model=NAME, prompt=[1, 2])


def test_embeddings_in_either_encoding(model: Packaged) -> None:
    task = "llm/v1/embeddings"
    create = client_of(model(task), task).embeddings.create
    packed = create(model=NAME, input=["My dog", "What"])  # the client asks for base64
    floats = create(model=NAME, input=["My dog", "What"], encoding_format="float")
    for one, other in zip(packed.data, floats.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, rel=1e-6)
    assert [one.index for one in packed.data] == [0, 1]
    assert packed.usage == floats.usage
    with pytest.raises(openai.BadRequestError, match="`dimensions`|truncate_dim"):
        create(model=NAME, input="a", dimensions=2)
    with pytest.raises(openai.BadRequestError, match="text is wanted"):
        create(model=NAME, input=[[1, 2]])


def test_an_address_that_is_taken_is_told_before_the_model_is_loaded(
    chat: Serving, cli: Callable[..., Any]
) -> None:
    port = chat.address.rpartition(":")[2]
    done = cli("serve", str(chat.path), "--port", port)
    assert done.code == 3
    assert f"error[address-failed] 127.0.0.1:{port} cannot be listened at" in done.stderr
