"""Messages of a chat: what is no message, and what the template would leave out, is refused."""

import json
from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from runner.evaluation.rows import alike
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
    status, answer = ask(json.dumps(asked))
    next(server, None)
    assert status == 200, answer
    assert answer[0]["choices"] == usual["choices"]


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


TOOL = {"type": "function", "function": {"name": "f", "parameters": {"properties": {}}}}
ASKED: dict[str, dict[str, Any]] = {
    "llm/v1/chat": {"messages": [USER], "max_tokens": 2},
    "llm/v1/completions": {"prompt": "What is MLflow?", "max_tokens": 2},
    "llm/v1/embeddings": {"input": "What is MLflow?"},
}
NOT_TAKEN: dict[str, list[tuple[dict[str, Any], str]]] = {
    "llm/v1/chat": [
        ({"tools": [TOOL]}, "`tools` is not supported"),
        ({"response_format": {"type": "json_object"}}, "`response_format` is not supported"),
        ({"max_tokns": 3}, "`max_tokns` is not supported"),
        ({"logprobs": True}, "`logprobs` is not supported"),
        ({"temperature": "hot"}, "`temperature` is a number from 0 on, not 'hot'"),
        ({"temperature": -1}, "`temperature` is a number from 0 on, not -1"),
        ({"max_tokens": 2.5}, "`max_tokens` is a whole number, not 2.5"),
        ({"max_tokens": "2"}, "`max_tokens` is a whole number, not '2'"),
        ({"top_k": True}, "`top_k` is a whole number, not True"),
        ({"stop": [5]}, "`stop` is a text or a list of texts, not [5]"),
        ({"stream": "yes"}, "`stream` is true or false, not 'yes'"),
        ({"messages": [{**USER, "mood": "glad"}]}, "message 0 has `mood`"),
    ],
    "llm/v1/completions": [
        ({"echo": True}, "`echo` is not supported"),
        ({"max_tokns": 3}, "`max_tokns` is not supported"),
        ({"prompt": ["a", "b"]}, "`prompt` is text, not list"),
    ],
    "llm/v1/embeddings": [
        ({"dimensions": 3}, "`dimensions` is not supported"),
        ({"encoding_format": "base64"}, "`encoding_format` is float here, not 'base64'"),
    ],
}


@pytest.mark.parametrize("task", ASKED)
def test_what_a_request_may_not_say_is_refused_in_a_process_and_served(
    model: Packaged, task: str
) -> None:
    """MLflow's schema would drop what it does not have, with a line in the log alone."""
    loaded = model(task)
    server = serving(loaded)
    ask = next(server)
    for given, said in NOT_TAKEN[task]:
        request = {**ASKED[task], **given}
        status, answer = ask(json.dumps(request))
        assert (status, said in answer) == (400, True), answer
        with pytest.raises(MlflowException) as caught:
            loaded.predict(request)
        assert said in str(caught.value)
    usual = [ask(json.dumps(ASKED[task])), loaded.predict(ASKED[task])]
    nulls = dict.fromkeys(("temperature", "max_tokens", "tools", "seed", "user"))
    whole = {"model": "gpt-4", "user": "me", **({} if task.endswith("embeddings") else nulls)}
    named = {**whole, **ASKED[task]}
    for before, after in zip(usual, [ask(json.dumps(named)), loaded.predict(named)], strict=True):
        told = [one[1] if isinstance(one, tuple) else one for one in (before, after)]
        first, second = (one[0] if isinstance(one, list) else one for one in told)
        part = "data" if task.endswith("embeddings") else "choices"
        assert alike(first[part], second[part])
    next(server, None)
