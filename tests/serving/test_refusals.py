"""What a streamed answer takes is what a whole one takes, and refusals never give a body back."""

from typing import Any

import openai
import pytest
from starlette.testclient import TestClient

from runner.serving.app import App
from runner.serving.bounds import Bounds
from runner.serving.served import ServedModel
from runner.tasks import find_task
from tests.pyfunc.conftest import Packaged

CHAT = "llm/v1/chat"
NAME = "case"
SECRET = "a secret"
ASKED: Any = [{"role": "user", "content": SECRET}]


def here(model: Packaged, task: str) -> TestClient:
    app = App(ServedModel(model(task), NAME, find_task(task)), Bounds(body=2**20)).routes()
    return TestClient(app)


def client_of(model: Packaged, task: str) -> openai.OpenAI:
    return openai.OpenAI(
        base_url="http://here/v1", api_key="none", max_retries=0, http_client=here(model, task)
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"stop": "e"},
        {"stop": ["e"]},
        {"stop": ""},
        {"stop": [""]},
        {"n": 1.0},
        {"extra_body": {"max_tokens": 6.0}},
        {"frequency_penalty": 1, "temperature": 0},
    ],
    ids=str,
)
def test_a_stream_takes_what_a_whole_answer_takes(model: Packaged, fields: Any) -> None:
    create: Any = client_of(model, CHAT).chat.completions.create
    asked = {"model": NAME, "messages": ASKED, "max_tokens": 6, **fields}
    whole = create(**asked).choices[0]
    pieces = list(create(**asked, stream=True))
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces)
    assert (text, pieces[-1].choices[0].finish_reason) == (
        whole.message.content,
        whole.finish_reason,
    )


@pytest.mark.parametrize("nothing", ["", [""], ["", ""]], ids=str)
def test_an_empty_stop_word_ends_nothing(model: Packaged, nothing: Any) -> None:
    create: Any = client_of(model, "llm/v1/completions").completions.create
    asked = {"model": NAME, "prompt": "My dog", "max_tokens": 4}
    plain, given = create(**asked).choices[0], create(**asked, stop=nothing).choices[0]
    assert given.text == plain.text != ""
    assert given.finish_reason == plain.finish_reason


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("wrong", "param", "said"),
    [
        ({"messages": [SECRET]}, None, "message 0 is a mapping"),
        ({"messages": SECRET}, "messages", "`messages` is a list of mappings"),
        ({"messages": [{"role": "user", "content": 5}]}, None, "`content` of message 0 is text"),
        ({"n": "2"}, "n", "`n` is a whole number"),
        ({"n": 0}, "n", "`n` is 0"),
        ({"temperature": "hot"}, "temperature", "`temperature` is a number"),
        ({"stop": {"a": 1}}, "stop", "`stop` is a text or a list of texts"),
        ({"stop": ["a", 5]}, "stop", "`stop` is a text or a list of texts"),
        ({"tools": "all"}, "tools", "`tools` is not supported"),
        ({"extra_body": {"max_tokens": 2**70}}, "max_tokens", "`max_tokens` is a whole number"),
        ({"max_completion_tokens": 0}, "max_completion_tokens", "`max_completion_tokens` is 0"),
    ],
    ids=str,
)
def test_a_stream_refuses_what_a_whole_answer_refuses(
    model: Packaged, wrong: dict[str, Any], param: str | None, said: str, stream: bool
) -> None:
    create: Any = client_of(model, CHAT).chat.completions.create
    with pytest.raises(openai.BadRequestError, match=said) as caught:
        create(**{"model": NAME, "messages": ASKED, "stream": stream, **wrong})
    assert caught.value.param == param
    assert SECRET not in caught.value.message


def test_several_answers_are_not_streamed(model: Packaged) -> None:
    create: Any = client_of(model, CHAT).chat.completions.create
    with pytest.raises(openai.BadRequestError, match="`n` is 2, and one answer is str") as caught:
        create(model=NAME, messages=ASKED, n=2, temperature=1, stream=True)
    assert caught.value.param == "n"


def test_a_field_is_called_what_the_request_calls_it(model: Packaged) -> None:
    create = client_of(model, "llm/v1/embeddings").embeddings.create
    with pytest.raises(openai.BadRequestError, match="`dimensions` is not supported") as caught:
        create(model=NAME, input="a", dimensions=2)
    assert caught.value.param == "dimensions"
    assert "truncate_dim" not in caught.value.message


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("text/csv", b"text\na secret \xe9\n", "not utf-8 at byte 14"),
        ("application/json", b'{"dataframe_split": {"columns": [], "data": []}}', "inputs"),
        ("application/json", b'{"dataframe_records": [{}], "params": {}}', "missing inputs"),
        ("application/json", b'{"inputs": 5}', "row 0: text is wanted as text, not int"),
        ("application/json", b'{"instances": NaN}', "row 0: text is wanted as text, not float"),
        ("application/json", b'{"inputs": true}', "row 0: text is wanted as text, not bool"),
    ],
    ids=str,
)
def test_a_refusal_of_mlflows_form_says_why_alone(
    model: Packaged, kind: str, body: bytes, said: str
) -> None:
    asked = {"content": body, "headers": {"Content-Type": kind}}
    answer = here(model, "text-classification").post("/invocations", **asked)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "BAD_REQUEST")
    message = answer.json()["message"]
    assert said in message
    assert not [echo for echo in ("a secret", "of data '") if echo in message], message


def test_one_text_is_one_row(model: Packaged) -> None:
    answers = [
        here(model, "text-classification").post("/invocations", json={"inputs": given}).json()
        for given in ("a", ["a"])
    ]
    assert answers[0] == answers[1]
    assert "predictions" in answers[0]
