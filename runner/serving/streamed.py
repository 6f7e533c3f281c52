"""An answer that is sent piece by piece, as server-sent events."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import suppress
from contextvars import copy_context
from inspect import GEN_RUNNING, getgeneratorstate
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from runner.serving.asked import Asked
from runner.serving.bounds import Turns, end_of
from runner.serving.refusals import Refused
from runner.serving.said import as_openai
from runner.serving.threads import run_apart

_Piece = dict[str, Any]
_DONE = "data: [DONE]\n\n"


class Streamed:
    """A response; the model is its own until the last piece, or until who asked is gone.

    Args:
        turns: Give the model to this answer.
        pieces: The pieces; nothing is done before the first is asked for.
        name: Of the model.
        asked: What was asked for.
        fields: What the request calls each field that the model was given.
    """

    def __init__(
        self,
        turns: Turns,
        pieces: Generator[_Piece, None, None],
        name: str,
        asked: Asked,
        fields: Mapping[str, str],
    ) -> None:
        self._turns = turns
        self._pieces = pieces
        self._name = name
        self._asked = asked
        self._fields = fields
        self._context = copy_context()  # whose variables MLflow sets before the first piece

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it.

        Raises:
            Refused: The request cannot be answered: there is no first piece.
        """
        end = end_of(Request(scope))
        async with self._turns.taken(end):
            try:
                try:
                    first = await self._next()
                except Refused as error:
                    raise error.about(self._fields) from error
                events = StreamingResponse(self._events(first), media_type="text/event-stream")
                with suppress(TimeoutError):  # nobody reads: the connection ends without its end
                    await events(scope, receive, _in_time(send, end))
            finally:
                if (
                    getgeneratorstate(self._pieces) != GEN_RUNNING
                ):  # else nobody waits: the server ends
                    with anyio.CancelScope(shield=True):
                        await run_apart(self._context.run, self._pieces.close)

    async def _events(self, piece: _Piece | None) -> AsyncGenerator[str, None]:
        usage = None
        try:
            while piece is not None:
                said = {**piece, "model": self._name}
                usage = said.pop("usage", None)
                yield _event({**said, "usage": None} if self._asked.usage else said)
                last, piece = said, await self._next()
                if piece is None and self._asked.usage:
                    yield _event({**last, "choices": [], "usage": usage})
        except Refused as error:
            yield _event(as_openai(error.about(self._fields)))
            return
        yield _DONE

    async def _next(self) -> _Piece | None:
        def next_of() -> _Piece | None:
            return next(self._pieces, None)

        return await run_apart(lambda: self._context.run(next_of))


def _in_time(send: Send, end: float) -> Send:
    """Send no longer than may be: who does not read what is sent keeps the model from others."""

    async def sent(message: Message) -> None:
        async with asyncio.timeout(max(0.0, end - time.monotonic())):
            await send(message)

    return sent


def _event(said: _Piece) -> str:
    return f"data: {json.dumps(said)}\n\n"
