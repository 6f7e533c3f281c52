"""Text that is handed on while it is generated."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

from .errors import BadRequest

_PATIENCE = 600


@dataclass(frozen=True)
class Generated:
    """One sequence that was generated.

    Args:
        text: What follows the prompt.
        tokens: How many tokens that is, the ending one included.
        finished: Whether it ended by itself rather than at the limit.
    """

    text: str
    tokens: int
    finished: bool


class Stream:
    """The pieces of a text, while a thread generates it.

    A stop word, and what follows it, is in none of them. Whoever stops asking for pieces also
    stops the thread.

    Args:
        generate: Generates; given ``streamer`` and ``stopping_criteria``.
        tokenizer: Turns tokens into text.
        stop: Words that end the text.
        decoding: Arguments of the tokenizer's ``decode``.
    """

    def __init__(
        self,
        generate: Callable[..., Generated],
        tokenizer: Any,
        stop: Sequence[str],
        decoding: dict[str, Any],
    ) -> None:
        self._generate = generate
        self._tokenizer = tokenizer
        self._stop = stop
        self._decoding = decoding
        self.result = Generated("", 0, finished=False)
        """What was generated; whole after the last piece."""
        self._failure: BaseException | None = None

    def __iter__(self) -> Iterator[str]:
        """Give the pieces.

        Raises:
            BadRequest: The model takes neither the prompt nor the arguments.
        """
        streamer: Any = TextIteratorStreamer(
            self._tokenizer, timeout=_PATIENCE, skip_prompt=True, **self._decoding
        )
        left = Event()
        thread = Thread(target=self._work, args=(streamer, left), daemon=True)
        thread.start()
        try:
            yield from without_stop_words(streamer, self._stop)
        finally:
            left.set()
            thread.join()
        if self._failure:
            raise BadRequest(f"row 0: {self._failure}") from self._failure

    def _work(self, streamer: Any, left: Event) -> None:
        try:
            self.result = self._generate(
                streamer=streamer, stopping_criteria=StoppingCriteriaList([_Left(left)])
            )
        except BaseException as error:
            self._failure = error
            streamer.end()


class _Left(StoppingCriteria):
    """Ends a generation that nobody waits for any more."""

    def __init__(self, left: Event) -> None:
        self._left = left

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """Say of each of ``(sequences,)`` whether it ends."""
        return torch.full_like(input_ids[:, 0], self._left.is_set(), dtype=torch.bool)


def without_stop_words(pieces: Iterator[str], stop: Sequence[str]) -> Iterator[str]:
    """Hand pieces of a text on, up to the first stop word.

    Args:
        pieces: The text.
        stop: Words that end it; the end of a piece that may begin one waits for the next piece.
    """
    held = ""
    for piece in pieces:
        held += piece
        if found := [at for word in stop if (at := held.find(word)) >= 0]:
            held = held[: min(found)]
            break
        sure = len(held) - _begun(held, stop)
        if sure:
            yield held[:sure]
            held = held[sure:]
    if held:
        yield held


def _begun(text: str, stop: Sequence[str]) -> int:
    """Count the characters at the end of a text that may be the beginning of a stop word."""
    lengths = (n for word in stop for n in range(len(word) - 1, 0, -1) if text.endswith(word[:n]))
    return max(lengths, default=0)


def without_leading_space(pieces: Iterable[str]) -> Iterator[str]:
    """Hand pieces of a text on, from its first character that is no white space.

    Args:
        pieces: The text.
    """
    begun = False
    for piece in pieces:
        if text := piece if begun else piece.lstrip():
            begun = True
            yield text
