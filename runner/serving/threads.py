"""Work in threads that the end of the process does not wait for."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from threading import Thread
from typing import Any, TypeVar, TypeVarTuple

import anyio

_Given = TypeVarTuple("_Given")
_Answer = TypeVar("_Answer")


async def run_apart(call: Callable[[*_Given], _Answer], *given: *_Given) -> _Answer:
    """Call a function in a thread, and wait for it whoever cancels.

    A thread of anyio's is waited for when the process ends, however long a model works on.

    Args:
        call: The function.
        given: Given to it.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_Answer] = loop.create_future()
    context = copy_context()

    def tell(settle: Callable[[Any], None], outcome: Any) -> None:
        if not future.done():
            settle(outcome)

    def work() -> None:
        try:
            settle, outcome = future.set_result, context.run(call, *given)
        except BaseException as error:
            settle, outcome = future.set_exception, error
        with suppress(RuntimeError):  # the server has ended meanwhile
            loop.call_soon_threadsafe(tell, settle, outcome)

    Thread(target=work, name="serving", daemon=True).start()
    with anyio.CancelScope(shield=True):
        await asyncio.wait([future])
    return future.result()
