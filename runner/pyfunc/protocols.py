"""``llm/v1/chat`` and ``llm/v1/completions``: requests of the protocols in, responses out."""

import time
import uuid
from collections.abc import Iterator, Mapping
from reprlib import repr as short
from typing import Any

from . import batches
from .decoding import Decoder
from .errors import BadRequest, bad_row
from .fields import is_whole, requests_of
from .generation import template_of
from .loading import Parts
from .messages import insist_on_all, messages_of, told_to_template
from .rows import kind_of
from .streaming import Generated, without_leading_space

_AS_GENERATE: Mapping[str, str] = {
    "max_tokens": "max_new_tokens",
    "n": "num_return_sequences",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop": "stop",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
_COUNTS = ("max_tokens", "max_new_tokens", "n", "num_return_sequences", "top_k")
_UNANSWERED = ("stream", "messages", "prompt")


class _Protocol:
    kind = ""
    field = ""
    applied: tuple[str, ...] = ("return_full_text",)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._decoder = Decoder(parts, self.applied)

    def rows(self, data: Any) -> list[Any]:
        """Read the requests."""
        return requests_of(data, self.field, {"stream", *_AS_GENERATE})

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[Any]:
        """Give a response a row."""
        return [self._respond(row, options, budget, number) for number, row in enumerate(rows)]

    def _respond(
        self, row: dict[str, Any], options: dict[str, Any], budget: int, number: int
    ) -> Any:
        arguments = self._arguments(row, options, number)
        prompt = self._prompt(row[self.field], options, number, _wanted(arguments))
        sizes = self._decoder.sizes([prompt], arguments)
        (found,) = batches.run(
            [prompt], sizes, budget, lambda batch: self._decoder.generate(batch, arguments)
        )
        used = sum(one.tokens for one in found)
        return {
            **self._heading(self.kind),
            "choices": [
                {
                    "index": index,
                    **self._choice(one.text.lstrip()),
                    "finish_reason": _reason(one),
                }
                for index, one in enumerate(found)
            ],
            "usage": _usage(len(prompt), used),
        }

    def stream(self, rows: list[Any], options: dict[str, Any]) -> Iterator[Any]:
        """Give the chunks of the response to one row."""
        if len(rows) != 1:
            raise BadRequest(f"one row can be streamed, {len(rows)} came")
        (row,) = rows
        arguments = self._arguments(row, options, 0)
        if (several := arguments.get("num_return_sequences") or 1) > 1:
            raise bad_row(0, f"`n` is {several}, and one answer is streamed")
        prompt = self._prompt(row[self.field], options, 0, _wanted(arguments))
        heading = self._heading(f"{self.kind}.chunk" if self.kind.startswith("chat") else self.kind)
        pieces = self._decoder.stream(prompt, arguments)
        for piece in without_leading_space(pieces):
            choice = {"index": 0, **self._delta(piece), "finish_reason": None}
            yield {**heading, "choices": [choice]}
        last = {"index": 0, **self._delta(""), "finish_reason": _reason(pieces.result)}
        yield {**heading, "choices": [last], "usage": _usage(len(prompt), pieces.result.tokens)}

    def _heading(self, kind: str) -> dict[str, Any]:
        return {
            "id": str(uuid.uuid4()),
            "object": kind,
            "created": int(time.time()),
            "model": self._parts.name,
        }

    def _arguments(
        self, row: dict[str, Any], options: dict[str, Any], number: int
    ) -> dict[str, Any]:
        if options.get(self.field) is not None:
            raise BadRequest(f"{self.field} is of the request, and no argument")
        if options.get("return_full_text"):
            raise BadRequest("return_full_text is not taken: an answer has no prompt in it")
        arguments = _arguments(row, options, number)
        wanted = arguments.get("num_return_sequences", 1)
        most = self._decoder.answers_at_most(arguments)
        if most and wanted > most:
            why = "greedy decoding has one answer" if most == 1 else f"{most} beams have {most}"
            raise bad_row(number, f"`n` is {wanted}, and {why}: set a temperature above 0")
        return arguments

    def _prompt(
        self, given: Any, options: dict[str, Any], number: int, new: int | None
    ) -> list[int]:
        raise NotImplementedError

    def _choice(self, text: str) -> dict[str, Any]:
        raise NotImplementedError

    def _delta(self, text: str) -> dict[str, Any]:
        raise NotImplementedError


class Chat(_Protocol):
    """Messages in, the assistant's answer out, framed by the model's chat template."""

    kind = "chat.completion"
    field = "messages"
    applied = ("return_full_text", "continue_final_message")

    def _prompt(
        self, given: Any, options: dict[str, Any], number: int, new: int | None
    ) -> list[int]:
        template = getattr(self._parts.tokenizer, "chat_template", None)
        if not template:
            raise BadRequest("the model's tokenizer has no chat template")
        messages = messages_of(given, template, number)
        goes_on = bool(options.get("continue_final_message"))
        told = told_to_template(options)

        def render(messages: list[dict[str, Any]]) -> str:
            return self._parts.tokenizer.apply_chat_template(
                messages,
                tokenize=False,
                add_generation_prompt=not goes_on,
                continue_final_message=goes_on,
                **told,
            )

        try:
            text = render(messages)
            insist_on_all(messages, text, render, number)
        except BadRequest:
            raise
        except Exception as error:
            raise bad_row(number, f"the chat template refuses the messages: {error}") from error
        how: dict[str, Any] = {"special": False, "first": number, "new": new}
        return self._decoder.encode([text], options, **how)[0]

    def _choice(self, text: str) -> dict[str, Any]:
        return {"message": {"role": "assistant", "content": text}}

    def _delta(self, text: str) -> dict[str, Any]:
        return {"delta": {"role": "assistant", "content": text}}


class Completions(_Protocol):
    """A prompt in, its continuation out."""

    kind = "text_completion"
    field = "prompt"

    def _prompt(
        self, given: Any, options: dict[str, Any], number: int, new: int | None
    ) -> list[int]:
        if not isinstance(given, str):
            raise bad_row(number, f"`prompt` is text, not {kind_of(given)}")
        prompts = [template_of(self._parts, given)]
        return self._decoder.encode(prompts, options, first=number, new=new)[0]

    def _choice(self, text: str) -> dict[str, Any]:
        return {"text": text}

    def _delta(self, text: str) -> dict[str, Any]:
        return {"text": text}


def _arguments(row: dict[str, Any], options: dict[str, Any], number: int) -> dict[str, Any]:
    """Put what the request says over what the model was saved with, in the terms of generate."""
    said = {**options, **{k: v for k, v in row.items() if k in _AS_GENERATE}}
    given = {k: v for k, v in said.items() if v is not None and k not in _UNANSWERED}
    for name in given.keys() & _COUNTS:
        given[name] = _count(name, given[name], number)
    arguments = {_AS_GENERATE.get(k, k): v for k, v in given.items()}
    if "temperature" in row:
        arguments["do_sample"] = float(row["temperature"]) > 0
        if not arguments["do_sample"]:
            del arguments["temperature"]
    return arguments


def _wanted(arguments: dict[str, Any]) -> int | None:
    return arguments.get("max_new_tokens")


def _count(name: str, value: Any, number: int) -> int:
    """Insist on a whole number of 1 or more, told by the name that the caller gave it."""
    if not is_whole(value):
        raise bad_row(number, f"`{name}` is a whole number, not {short(value)}")
    if value < 1:
        raise bad_row(number, f"`{name}` is {value}, and must be at least 1")
    return int(value)


def _reason(generated: Generated) -> str:
    return "stop" if generated.finished else "length"


def _usage(prompt: int, completion: int) -> dict[str, int]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
