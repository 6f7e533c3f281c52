"""GGUF files: parsed once, though transformers asks for one three times."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from runner.machine.libraries import installed


@contextmanager
def parsed_once(file: str) -> Generator[None]:
    """Keep what a GGUF file was parsed into, for whoever asks for it again inside.

    transformers parses the whole file for the configuration, for the tokenizer and for the weights.
    The parser cuts a mapped file into words, each of them a mapped array with all that belongs to
    one; over the same bytes as a plain array it takes a third of the time. transformers reads a
    word byte by byte, which is quick where they are plain bytes, and asks for the names that
    tensors may have once for each part of a model: they are the same each time.

    Args:
        file: The name of one that is expected; empty where there is none.
    """
    if not file or not installed("gguf"):
        yield
        return
    import gguf

    theirs: Any = gguf.GGUFReader
    names: Any = gguf.get_tensor_name_map
    if not isinstance(theirs, type):  # somebody around this keeps it already
        yield
        return

    class Parsed(theirs):  # pyright: ignore[reportUntypedBaseClass]
        """A GGUF file whose bytes are a plain array over the mapped ones."""

        @property
        def data(self) -> np.ndarray[Any, Any]:
            return self._bytes

        @data.setter
        def data(self, mapped: np.ndarray[Any, Any]) -> None:
            self._bytes = mapped.view(np.ndarray)

    @lru_cache(maxsize=1)
    def parsed(path: str, state: tuple[int, int]) -> Parsed:
        found = Parsed(path)
        for field in found.fields.values():
            field.parts[:] = map(_plain, field.parts)
        return found

    def read(path: str | Path) -> Parsed:
        stat = Path(path).stat()
        return parsed(str(path), (stat.st_size, stat.st_mtime_ns))

    gguf.GGUFReader = read  # pyright: ignore[reportAttributeAccessIssue]
    gguf.get_tensor_name_map = lru_cache(names)
    try:
        yield
    finally:
        gguf.GGUFReader = theirs
        gguf.get_tensor_name_map = names


def _plain(part: Any) -> Any:
    """Give the bytes of a word as such, and anything else as it is."""
    return memoryview(part) if part.dtype == np.uint8 else part
