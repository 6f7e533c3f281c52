"""Messages of a chat: what is no message, and what the template would leave out, is refused."""

import json
from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from tests.pyfunc.conftest import Packaged
from tests.pyfunc.test_requests import serving

USER = {"role": "user", "content": "What is MLflow?"}
WRONG: list[tuple[Any, str]] = [
    ([], "list of mappings"),
    ("hello", "list of mappings"),
    (["hello"], "message 0 is a mapping"),
    ([USER, None], "message 1 is a mapping"),
    ([{"content": "a"}], "message 0 has no role"),
    ([{"role": None, "content": "a"}], "message 0 has no role"),
    ([{"role": 5, "content": "a"}], "`role` of message 0 is text, not int"),
    ([{"role": "boss", "content": "a"}], "the role 'boss'; known are system, developer, user"),
    ([USER, {"role": "User", "content": "a"}], "message 1 has the role 'User'"),
    ([{"role": "user"}], "message 0 \\(user\\) has no content"),
    ([{"role": "user", "content": None}], "message 0 \\(user\\) has no content"),
    ([USER, {"role": "assistant"}], "message 1 \\(assistant\\) has no content"),
    ([{"role": "user", "content": 5}], "`content` of message 0 is text, not int"),
    ([{"role": "user", "content": [{"type": "text", "text": "a"}]}], "is text, not list"),
]


@pytest.mark.parametrize(("messages", "said"), WRONG, ids=str)
def test_what_is_no_message_is_refused_by_name(shipped: Packaged, messages: Any, said: str) -> None:
    with pytest.raises(MlflowException, match=said) as caught:
        shipped("llm/v1/chat").predict({"messages": messages, "max_tokens": 2})
    assert caught.value.get_http_status_code() == 400


def test_null_is_as_if_it_were_not_there(model: Packaged, shipped: Packaged) -> None:
    empty = {"name": None, "tool_calls": None, "tool_call_id": None, "refusal": None}
    unsaid = dict.fromkeys(("temperature", "stop", "n", "top_p", "stream", "tools", "top_k"))
    chat = shipped("llm/v1/chat")
    usual = chat.predict([{"messages": [USER], "max_tokens": 4}])[0]
    asked = {"messages": [{**USER, **empty}], "max_tokens": 4, **unsaid}
    assert chat.predict([asked])[0]["choices"] == usual["choices"]
    server = serving(model("llm/v1/chat"))
    ask = next(server)
    status, answer = ask(json.dumps({k: v for k, v in asked.items() if k not in unsaid}))
    assert status == 200, answer
    assert answer[0]["choices"] == usual["choices"]
    status, answer = ask(json.dumps(asked))  # a null number is none to MLflow's schema
    next(server, None)
    assert status == 400
    assert "Incompatible input types for column" in answer


def test_roles_that_a_template_names_are_known(shipped: Packaged) -> None:
    chat = shipped("llm/v1/chat")
    tokenizer = chat._parts.tokenizer
    before = tokenizer.chat_template
    messages = [{"role": "ipython", "content": "42"}]
    try:
        tokenizer.chat_template = before + "{% if 'ipython' %}{% endif %}"
        assert chat.predict([{"messages": messages, "max_tokens": 2}])[0]["choices"]
    finally:
        tokenizer.chat_template = before


def test_a_message_that_the_template_leaves_out_is_refused(shipped: Packaged) -> None:
    chat = shipped("llm/v1/chat")
    tokenizer = chat._parts.tokenizer
    before = tokenizer.chat_template
    kept = "['user', 'assistant']"
    messages = [{"role": "system", "content": "Be brief."}, USER]
    asked = {"messages": messages, "max_tokens": 2}
    assert chat.predict([asked])[0]["choices"]
    try:
        tokenizer.chat_template = before.replace(
            "for message in messages", f"for message in messages if message['role'] in {kept}"
        )
        with pytest.raises(MlflowException, match="leaves out message 0 \\(system\\)"):
            chat.predict([asked])
        with pytest.raises(MlflowException, match="leaves out message 1 \\(tool\\)"):
            chat.predict([{"messages": [USER, {"role": "tool", "content": "42"}]}])
        assert chat.predict([{"messages": [USER], "max_tokens": 2}])[0]["choices"]
    finally:
        tokenizer.chat_template = before


def test_fields_that_are_not_taken(
    model: Packaged, shipped: Packaged, caplog: pytest.LogCaptureFixture
) -> None:
    parameters = {"properties": {"a": {"type": "string"}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    asked = {"messages": [USER], "max_tokens": 2}
    server = serving(model("llm/v1/chat"))
    ask = next(server)
    status, answer = ask(json.dumps({**asked, "tools": [tool]}))
    assert status == 400
    assert "`tools` is not supported" in answer
    with pytest.raises(MlflowException, match="`response_format` is not supported"):
        shipped("llm/v1/chat").predict([{**asked, "response_format": {"type": "json_object"}}])
    # MLflow drops what its schema of the protocol does not have before it calls the model
    status, answer = ask(json.dumps({**asked, "response_format": "json"}))
    next(server, None)
    assert status == 200, answer
    model("llm/v1/chat").predict({**asked, "response_format": "json"})
    assert "response_format" in caplog.text
