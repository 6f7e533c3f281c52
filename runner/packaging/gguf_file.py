"""GGUF files: parsed once, though transformers asks for one three times."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np

from runner.libraries import installed


@contextmanager
def parsed_once(file: str) -> Generator[None]:
    """Keep what a GGUF file was parsed into, for whoever asks for it again inside.

    transformers parses the whole file for the configuration, for the tokenizer and for the weights.
    The parser cuts a mapped file into words, each of them a mapped array with all that belongs to
    one; over the same bytes as a plain array it takes a third of the time.

    Args:
        file: Its name; empty where there is none.
    """
    if not file or not installed("gguf"):
        yield
        return
    import gguf

    theirs = gguf.GGUFReader

    class Parsed(theirs):
        """A GGUF file whose bytes are a plain array over the mapped ones."""

        @property
        def data(self) -> np.ndarray[Any, Any]:
            return self._bytes

        @data.setter
        def data(self, mapped: np.ndarray[Any, Any]) -> None:
            self._bytes = mapped.view(np.ndarray)

    gguf.GGUFReader = lru_cache(maxsize=1)(Parsed)  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        gguf.GGUFReader = theirs
