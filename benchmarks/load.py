"""Mixed requests to a server of ``serve``: whole, streamed, left half-way, malformed."""

import http.client
import json
import time
from collections.abc import Callable
from itertools import cycle
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
_CHAT = {"messages": [{"role": "user", "content": "My dog"}], "max_tokens": 4}
_SAMPLES = 120


def ask_for(
    seconds: float, address: str, look: Callable[[], T], pause: float
) -> tuple[list[T], int]:
    """Ask a server for a while.

    Args:
        seconds: How long.
        address: Where it answers.
        look: Called so often that there are a hundred answers or so.
        pause: Seconds between requests.

    Returns:
        What was seen, and how many requests there were.

    Raises:
        RuntimeError: It answered as it should not.
    """
    where = urlsplit(address).netloc
    began = time.monotonic()
    seen: list[T] = []
    kinds = (_whole, _streamed, _left, _malformed, _as_mlflow, _unknown)
    for count, ask in enumerate(cycle(kinds)):
        passed = time.monotonic() - began
        if passed >= seconds:
            return seen, count
        if passed >= len(seen) * seconds / _SAMPLES:
            seen.append(look())
        ask(where)
        time.sleep(pause)
    raise AssertionError("a cycle has no end")


def _whole(where: str) -> None:
    _insist(_answer(where, "/v1/chat/completions", _CHAT), 200)


def _streamed(where: str) -> None:
    _insist(_answer(where, "/v1/chat/completions", {**_CHAT, "stream": True}), 200)


def _left(where: str) -> None:
    """Go away in the middle of an answer."""
    connection = http.client.HTTPConnection(where, timeout=60)
    body = json.dumps({**_CHAT, "stream": True, "max_tokens": 64})
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/v1/chat/completions", body, headers)
    connection.getresponse().read(20)
    connection.close()


def _malformed(where: str) -> None:
    _insist(_answer(where, "/v1/chat/completions", {**_CHAT, "messages": [{"role": 3}]}), 400, 422)


def _as_mlflow(where: str) -> None:
    _insist(_answer(where, "/invocations", _CHAT), 200)


def _unknown(where: str) -> None:
    _insist(_answer(where, "/v1/nowhere", _CHAT), 404)


def _answer(where: str, path: str, body: object) -> int:
    connection = http.client.HTTPConnection(where, timeout=60)
    headers = {"Content-Type": "application/json"}
    try:
        connection.request("POST", path, json.dumps(body), headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def _insist(status: int, *wanted: int) -> None:
    if status not in wanted:
        raise RuntimeError(f"the server answered with {status}")
