"""How many requests are here at once, how long each may take, and what ends the work on one."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple

import torch
from mlflow.pyfunc import PyFuncModel
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from torch.utils.hooks import RemovableHandle
from transformers import PreTrainedModel

from runner.serving.refusals import Refused
from runner.serving.said import refusal
from runner.serving.threads import run_apart

_ASKING = "POST"
_END = "end"
_Given = TypeVarTuple("_Given")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Bounds:
    """What requests may take.

    Args:
        body: Bytes that a body may have.
        requests: How many may be here at once, the one that is answered included.
        seconds: How long one may take, its body and its waiting included.
    """

    body: int = 64 * 2**20
    requests: int = 32
    seconds: float = 600.0


class Overdue(Exception):
    """The time for a request is over, and the model works on it still."""


class Limit:
    """Until when the model may work on the request whose turn it is.

    A model of torch looks at it at each pass, which is a token or a batch, and ends the work there.
    """

    def __init__(self) -> None:
        self._end = math.inf

    @contextmanager
    def until(self, end: float) -> Generator[None]:
        """Say when the time is over, by the monotonic clock."""
        self._end = end
        try:
            yield
        finally:
            self._end = math.inf

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self._end

    def watch(self, model: PyFuncModel) -> list[RemovableHandle]:
        """Have a model look at it; one that is not of torch works on to its end.

        Args:
            model: The model.

        Returns:
            What ends that, for whoever wants it to end.
        """
        return [one.register_forward_pre_hook(self._look) for one in _modules_of(model)]

    def _look(self, *_: Any) -> None:
        if self.is_over:
            raise Overdue("The time for this request is over.")


def _modules_of(model: PyFuncModel) -> list[torch.nn.Module]:
    """Give what of a model is called for each token or batch."""
    try:
        raw: Any = model.get_raw_model()
    except NotImplementedError:  # it shows none
        return []
    whole = raw if isinstance(raw, torch.nn.Module) else getattr(raw, "model", None)
    if not isinstance(whole, torch.nn.Module):
        return []
    return [one for one in whole.modules() if isinstance(one, PreTrainedModel)] or [whole]


class Turns:
    """Gives the model to one request at a time, so that no two answers mix.

    Args:
        limit: What the model looks at while it works.
    """

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def taken(self, end: float) -> AsyncGenerator[None]:
        """Wait for the turn, and hold it.

        Args:
            end: When the time for the request is over, by the monotonic clock.

        Raises:
            Refused: The time was over before the turn came.
        """
        await self._wait(end)
        try:
            with self._limit.until(end):
                yield
        finally:
            self._lock.release()

    async def work(
        self, end: float, call: Callable[[*_Given], _Answer], *given: *_Given
    ) -> _Answer:
        """Have the model do something in its turn.

        Args:
            end: When the time for the request is over, by the monotonic clock.
            call: What is done, in a thread.
            given: Given to it.

        Raises:
            Refused: The time is over. Work that has begun ends at the model's next pass; the
                turn is not another's before.
        """
        await self._wait(end)
        work = asyncio.ensure_future(self._finish(end, call, *given))
        await asyncio.wait({work}, timeout=_left(end))
        if not work.done():
            work.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise overdue()
        return work.result()

    async def _finish(
        self, end: float, call: Callable[[*_Given], _Answer], *given: *_Given
    ) -> _Answer:
        try:
            with self._limit.until(end):
                return await run_apart(call, *given)
        finally:
            self._lock.release()

    async def _wait(self, end: float) -> None:
        try:
            async with asyncio.timeout(_left(end)):
                await self._lock.acquire()
        except TimeoutError as error:
            said = "The model was busy with other requests for all of the time: ask again later."
            raise Refused(503, said, code="overloaded") from error


def overdue() -> Refused:
    """Give the refusal of a request that the model has worked on for too long."""
    return Refused(504, "The answer took longer than a request may (--timeout).", code="timeout")


def end_of(request: Request) -> float:
    """Give the time by the monotonic clock at which a request has to be answered.

    Args:
        request: The request.
    """
    return request.scope["state"][_END]


def _left(end: float) -> float:
    return max(0.0, end - time.monotonic())


class Admission:
    """Lets so many requests in at once, and says of each until when it has to be answered.

    Args:
        app: What answers.
        bounds: What requests may take.
    """

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._bounds = bounds
        self._here = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it; what asks nothing of the model is always answered."""
        if scope["type"] != "http" or scope["method"] != _ASKING:
            await self._app(scope, receive, send)
            return
        if self._here >= self._bounds.requests:
            said = f"{self._here} requests are here already (--requests): ask again later."
            full = refusal(Request(scope), Refused(503, said, code="overloaded"))
            await full(scope, receive, send)
            return
        scope["state"] = {**scope.get("state", {}), _END: time.monotonic() + self._bounds.seconds}
        is_begun = False

        async def noted(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        self._here += 1
        try:
            await self._app(scope, receive, noted)
        except asyncio.CancelledError:  # nobody but the end of the server cancels a request
            if not is_begun:
                ended = refusal(Request(scope), Refused(503, "The server ends.", code="overloaded"))
                await ended(scope, receive, send)
        finally:
            self._here -= 1
