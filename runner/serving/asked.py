"""Requests as OpenAI's clients write them, in the terms of the protocols that models speak."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from runner.serving.refusals import Refused

_UNHEARD = {"model", "user", "metadata", "safety_identifier", "prompt_cache_key"}
"""What clients say of themselves: it changes no answer."""
_ASKING_NOTHING: Mapping[str, tuple[Any, ...]] = {
    "best_of": (1,),
    "echo": (False,),
    "logit_bias": ({},),
    "logprobs": (False,),
    "modalities": (["text"],),
    "parallel_tool_calls": (True,),
    "response_format": ({"type": "text"},),
    "service_tier": ("auto", "default"),
    "store": (False,),
    "suffix": ("",),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
}
"""Fields that no model here has a use for, with the values by which they ask for nothing."""
_AS_THE_MODEL = {"max_completion_tokens": "max_tokens", "dimensions": "truncate_dim"}
"""What OpenAI calls otherwise."""
_ENCODINGS = ("float", "base64")


@dataclass(frozen=True)
class Asked:
    """What a request asks for.

    Args:
        requests: Requests of the protocol, one for each text of a `prompt` that has several.
        stream: Whether the answer is to come piece by piece.
        usage: Whether the last piece is to count tokens.
        encoding: How vectors are written.
        seed: Seed of what is drawn; None for any.
    """

    requests: tuple[dict[str, Any], ...]
    stream: bool = False
    usage: bool = False
    encoding: str = "float"
    seed: int | None = None

    @classmethod
    def of(cls, body: Mapping[str, Any], field: str) -> "Asked":
        """Read a request.

        Args:
            body: What came.
            field: What the endpoint is asked by: ``messages``, ``prompt`` or ``input``.

        Raises:
            Refused: A field has a value that it does not take; the refusal names it.
        """
        said = {name: value for name, value in body.items() if _is_heard(name, value)}
        if field not in said:
            raise Refused(400, f"`{field}` is missing", field)
        stream, usage = _flag(said, "stream"), _usage(said)
        encoding, seed = said.pop("encoding_format", "float"), _seed(said)
        if encoding not in _ENCODINGS:
            raise Refused(400, "`encoding_format` is float or base64", "encoding_format")
        request = {_AS_THE_MODEL.get(name, name): value for name, value in said.items()}
        if len(request) < len(said):
            twice = next(name for name in said if _AS_THE_MODEL.get(name) in said)
            raise Refused(400, f"`{twice}` and `{_AS_THE_MODEL[twice]}` are one field", twice)
        asked = cls((request,), stream, usage, encoding, seed)
        match request[field]:
            case list() as several if field == "prompt":
                return asked._each(field, several)
            case list() as messages if field == "messages":
                request[field] = [_message(one, place) for place, one in enumerate(messages)]
            case _:  # the model says what is wrong
                pass
        return asked

    def _each(self, field: str, several: list[Any]) -> "Asked":
        """Give a request for each text."""
        if not several or not all(isinstance(one, str) for one in several):
            raise Refused(
                400, f"`{field}` is a text or a list of texts; tokens are not taken", field
            )
        if self.stream and len(several) > 1:
            raise Refused(400, f"`{field}` is one text where the answer is streamed", field)
        (request,) = self.requests
        return replace(self, requests=tuple({**request, field: one} for one in several))

    @staticmethod
    def names(body: Mapping[str, Any]) -> dict[str, str]:
        """Give what a request calls each field, by what the model calls it.

        Args:
            body: What came.
        """
        other = {own: name for name, own in _AS_THE_MODEL.items() if name in body}
        return {**other, **{name: name for name in body}}

    def joined(self, answers: list[dict[str, Any]], name: str) -> dict[str, Any]:
        """Give one answer to all that was asked.

        Args:
            answers: The model's answer to each request.
            name: Of the model.
        """
        whole: dict[str, Any] = {**answers[0], "model": name}
        if "choices" in whole:
            choices = [one for answer in answers for one in answer["choices"]]
            whole["choices"] = [{**one, "index": at} for at, one in enumerate(choices)]
            counts = [answer["usage"] for answer in answers if answer.get("usage")]
            whole["usage"] = {key: sum(one[key] for one in counts) for key in (counts or [{}])[0]}
        if "data" in whole:
            whole["data"] = [
                {**one, "embedding": self._vector(one["embedding"])} for one in whole["data"]
            ]
        return whole

    def _vector(self, vector: Any) -> Any:
        numbers = np.asarray(vector)
        if not np.isfinite(numbers).all():
            raise Refused(400, "`input` has a text of which the model makes no vector", "input")
        if self.encoding == "float":
            return numbers.tolist()
        return b64encode(numbers.astype("<f4").tobytes()).decode()


def _is_heard(name: str, value: Any) -> bool:
    nothing = value is None or name in _UNHEARD
    return not nothing and not any(_is_same(value, one) for one in _ASKING_NOTHING.get(name, ()))


def _is_same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and value == other


def _flag(said: dict[str, Any], name: str) -> bool:
    value = said.pop(name, False)
    if not isinstance(value, bool):
        raise Refused(400, f"`{name}` is true or false", name)
    return value


def _usage(said: dict[str, Any]) -> bool:
    options = said.pop("stream_options", {})
    if not isinstance(options, dict):
        raise Refused(400, "`stream_options` is a mapping", "stream_options")
    return _flag(dict(options), "include_usage")


def _seed(said: dict[str, Any]) -> int | None:
    seed = said.pop("seed", None)
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        raise Refused(400, "`seed` is a whole number", "seed")
    return seed


def _message(given: Any, place: int) -> Any:
    """Join the parts of a message's content where they are texts; the model says what is wrong."""
    if not isinstance(given, dict) or not isinstance(given.get("content"), list):
        return given
    for part in given["content"]:
        match part:
            case {"type": "text", "text": str()}:
                pass
            case _:
                why = f"a part of message {place}'s `content` is no text: only texts are taken"
                raise Refused(400, why, "messages")
    return {**given, "content": "".join(part["text"] for part in given["content"])}
