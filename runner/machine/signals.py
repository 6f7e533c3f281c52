"""Signals that ask the program to end: all do it as Ctrl-C does, each under its own name."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager

from runner.errors import Stopped


@contextmanager
def ending_in_order() -> Generator[None]:
    """Let SIGTERM and SIGHUP end the work as Ctrl-C does; what is ignored stays so (``nohup``).

    Source: ``signal(7)``; only a process's main thread may say what a signal does.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGHUP)
    usual = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in usual:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number in usual:
            signal.signal(number, signal.SIG_DFL)


def _stop(number: int, _: object) -> None:
    raise Stopped(signal.Signals(number))
