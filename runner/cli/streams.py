"""What the program writes to: without secrets, and without a care for who has stopped reading."""

import io
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from runner.text.secrets import masked


class Outlet:
    """A stream as everything is to write to it.

    A reader that is gone, such as ``head``, or a terminal that has hung up, ends nothing: what is
    written from then on is dropped.

    Args:
        stream: Where it goes.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_gone = False

    def write(self, text: str) -> int:
        """Write a text without the secrets in it."""
        if not self._is_gone:
            try:
                self._stream.write(masked(text))
            except OSError:
                self._is_gone = True
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write lines."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Send what is kept back."""
        if not self._is_gone:
            try:
                self._stream.flush()
            except OSError:
                self._is_gone = True

    def __getattr__(self, name: str) -> Any:
        """Be in everything else the stream that it writes to."""
        return getattr(self._stream, name)


@contextmanager
def outlets() -> Generator[None]:
    """Have all that is written to stdout and stderr go through an outlet each.

    A terminal that lacks a character shows its code.
    """
    before = sys.stdout, sys.stderr
    for stream in before:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = (cast(TextIO, Outlet(stream)) for stream in before)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(ValueError):  # closed by whoever called
                stream.flush()
        sys.stdout, sys.stderr = before
