"""Streams: the whole answer, in pieces, while it is generated."""

import threading
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.pyfunc.streaming import without_stop_words
from tests.pyfunc.conftest import Packaged


@pytest.mark.parametrize("task", ["llm/v1/chat", "llm/v1/completions", "text-generation"])
def test_a_stream_is_the_whole_answer_in_pieces(model: Packaged, task: str) -> None:
    loaded = model(task)
    request: Any = {
        "llm/v1/chat": {"messages": [{"role": "user", "content": "My dog"}], "max_tokens": 6},
        "llm/v1/completions": {"prompt": "My dog", "max_tokens": 6},
        "text-generation": "My dog",
    }[task]
    pieces = list(loaded.predict_stream(request))
    if task == "text-generation":
        assert ("My dog" + "".join(pieces)).strip() == loaded.predict("My dog")[0]
        return
    assert_streamed(pieces, loaded.predict(request)[0])
    assert pieces[-1]["choices"][0]["finish_reason"] == "length"


def assert_streamed(pieces: list[Any], reply: Any) -> None:
    """Hold a stream to the reply that comes at once."""
    said = [piece["choices"][0] for piece in pieces]
    text = "".join(one["delta"]["content"] if "delta" in one else one["text"] for one in said)
    (choice,) = reply["choices"]
    assert text == (choice["message"]["content"] if "message" in choice else choice["text"])
    assert [one["finish_reason"] for one in said[:-1]] == [None] * (len(said) - 1)
    assert said[-1]["finish_reason"] == choice["finish_reason"]
    assert pieces[-1]["usage"] == reply["usage"]


def test_a_stream_ends_before_its_stop_word(model: Packaged) -> None:
    loaded = model("llm/v1/completions")
    request: dict[str, Any] = {"prompt": "What is MLflow?", "max_tokens": 12}
    whole = loaded.predict(request)[0]["choices"][0]["text"]
    for at in range(1, len(whole) - 3):
        asked = {**request, "stop": [whole[at : at + 3]]}
        pieces = list(loaded.predict_stream(asked))
        assert_streamed(pieces, loaded.predict(asked)[0])
        assert pieces[-1]["choices"][0]["finish_reason"] == "stop"


@given(
    text=st.text("abc ", max_size=30),
    cuts=st.lists(st.integers(0, 30)),
    word=st.text("abc", min_size=1, max_size=3),
)
def test_stop_words_are_found_across_pieces(text: str, cuts: list[int], word: str) -> None:
    ends = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[start:end] for start, end in pairwise(ends)]
    assert "".join(without_stop_words(iter(pieces), [word])) == text.partition(word)[0]


def test_a_stream_that_is_left_stops_generating(model: Packaged) -> None:
    stream = model("llm/v1/completions").predict_stream({"prompt": "a", "max_tokens": 400})
    next(stream)
    running = threading.active_count()
    stream.close()
    assert threading.active_count() == running - 1
