"""Malformed requests, drawn: of a good one something is exchanged, added or cut."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

LONG = "Zm9vYmFyYmF6cXV4" * 4000
"""Base64 of some length, which no answer may give back."""
_SCALARS: list[Any] = [
    None, True, 0, -1, 1.5, 10**400, -(10**30), 2**63, 1e308, "", "a", "\x00", "\ud800", LONG,
    "data:image/png;base64,AAAA", "None", "/etc", "\u202e",
]  # fmt: skip
VALUES = st.recursive(
    st.sampled_from(_SCALARS) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
KINDS = st.sampled_from([
    "application/json", "application/json; charset=utf-8", "application/json; charset=latin-1",
    "application/json; odd=1", "text/csv", "application/vnd.apache.parquet", "text/html", "", ";",
    "é",
])  # fmt: skip
_NAMES = st.sampled_from([
    "inputs", "instances", "dataframe_split", "dataframe_records", "params", "messages", "prompt",
    "input", "stream", "stream_options", "n", "seed", "stop", "model", "max_tokens", "temperature",
    "top_p", "top_k", "encoding_format", "tools", "presence_penalty",
])  # fmt: skip


def bodies(good: Any) -> st.SearchStrategy[bytes]:
    """Draw the bodies of requests.

    Args:
        good: One that is answered.
    """
    exchanged = st.sampled_from(list(places(good))).flatmap(
        lambda place: VALUES.map(lambda value: _written(with_value(good, place, value)))
    )
    added = st.tuples(_NAMES, VALUES).map(lambda one: _written({**good, one[0]: one[1]}))
    other = st.dictionaries(_NAMES, VALUES, max_size=3).map(_written)
    cut = st.integers(0, 200).map(lambda end: _written(good)[:end])
    deep = st.integers(50, 100_000).map(lambda n: b'{"inputs":' + b"[" * n + b"]" * n + b"}")
    return exchanged | added | other | cut | deep | VALUES.map(_written) | st.binary(max_size=60)


def _written(value: Any) -> bytes:
    return json.dumps(value).encode()


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    """Give the place of every value in what JSON holds, each by its keys from the outside in."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (key,)
        if isinstance(inner, dict | list):
            yield from ((key, *rest) for rest in places(inner))


def with_value(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    """Give a copy with another value at a place; the last key of it may be a new one."""
    first, *rest = place
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[first] = with_value(copy[first], tuple(rest), new) if rest else new
    return copy
