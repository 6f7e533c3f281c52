"""The header of a GGUF file, walked before a library reads it: what it counts lies in the file.

The library gguf takes the numbers of a header for what they are: a list of 2^63 bytes in a file of
a hundred is read for ever, into memory without end.
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import SourceError
from runner.sources.checkpoint.config_values import impossible_values
from runner.sources.checkpoint.safetensors_header import LFS_POINTER

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_TEXT, _LIST = 8, 9
_DEEPEST = 4
_MOST_DIMENSIONS = 4
_AS_CONFIG = {
    "block_count": "num_hidden_layers",
    "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "context_length": "max_position_embeddings",
    "vocab_size": "vocab_size",
    "expert_count": "num_experts",
    "attention.head_count": "num_attention_heads",
}
"""What transformers makes of a file's own words, behind the name of its architecture."""


def insist_on_gguf(path: Path) -> None:
    """Raise what is wrong with a GGUF file, as far as its header tells.

    Args:
        path: The file.

    Raises:
        SourceError: It cannot be read, or is corrupt.

    Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(LFS_POINTER))
            if start == LFS_POINTER:
                raise SourceError(
                    f"{path} is a pointer of git-lfs, not the file it stands for",
                    "Run git lfs pull where it was cloned.",
                )
            if not start.startswith(_MAGIC):
                raise _corrupt(path, "it does not start as GGUF files do")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                _Walk(path, data).whole()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(f"{path} cannot be read: {reason}", "Check its permissions.") from error


@dataclass
class _Walk:
    """A walk over a header.

    Args:
        path: The file.
        data: Its bytes.
        at: Where the walk is.
        order: How its numbers are written, as ``struct`` has it.
    """

    path: Path
    data: mmap.mmap
    at: int = len(_MAGIC)
    order: str = "<"

    def whole(self) -> None:
        """Walk over all of it."""
        version = self._number("I")
        if version % 2**16 == 0:  # written by a machine of the other order
            self.order, self.at = ">", len(_MAGIC)
            version = self._number("I")
        if version not in _VERSIONS:
            raise _corrupt(self.path, f"its version {version} is not known")
        tensors, fields = self._number("Q"), self._number("Q")
        self._insist_on_room(tensors + fields, 8)
        said = [(self._text(), self._value(self._number("I"))) for _ in range(fields)]
        for name, value in said:
            self._insist_on_sense(name, value, tensors)
        for _ in range(tensors):
            self._tensor()

    def _insist_on_sense(self, name: bytes, value: Any, tensors: int) -> None:
        key = name.decode(errors="replace").partition(".")[2]
        if key not in _AS_CONFIG or value is None:
            return
        for _, wrong in impossible_values({_AS_CONFIG[key]: value}):
            raise _corrupt(self.path, f"its `{key}` {wrong}")
        if key == "block_count" and value > tensors:
            raise _corrupt(self.path, f"its `{key}` is {value}, and it has {tensors} tensors")

    def _tensor(self) -> None:
        self._text()
        dimensions = self._number("I")
        if dimensions > _MOST_DIMENSIONS:
            raise _corrupt(self.path, f"it has a tensor of {dimensions} dimensions")
        for _ in range(dimensions):
            self._number("Q")
        self._number("I")
        if (offset := self._number("Q")) > len(self.data):
            raise _corrupt(self.path, f"a tensor begins at {offset}, behind its end")

    def _value(self, kind: int, depth: int = 0) -> Any:
        """Pass over a value; gives it where it is a number."""
        if kind in _SCALARS:
            return self._number(_SCALARS[kind])
        if kind == _TEXT:
            self._text()
        elif kind == _LIST and depth < _DEEPEST:
            self._list(depth)
        else:
            raise _corrupt(self.path, f"a value is of the unknown kind {kind}")
        return None

    def _list(self, depth: int) -> None:
        kind, count = self._number("I"), self._number("Q")
        if kind in _SCALARS:
            self._pass(count * struct.calcsize(_SCALARS[kind]))
            return
        self._insist_on_room(count, 8)
        if kind == _TEXT:
            self._texts(count)
            return
        for _ in range(count):
            self._value(kind, depth + 1)

    def _texts(self, count: int) -> None:
        """Pass over texts: a vocabulary has hundreds of thousands."""
        at, end, length = self.at, len(self.data), struct.Struct(f"{self.order}Q")
        for _ in range(count):
            if at + length.size > end:
                break
            at += length.size + length.unpack_from(self.data, at)[0]
        else:
            self._pass(at - self.at)
            return
        raise _corrupt(self.path, "its header says more than it has")

    def _text(self) -> bytes:
        length = self._number("Q")
        begin = self.at
        self._pass(length)
        return self.data[begin : min(self.at, begin + 200)]

    def _number(self, form: str) -> Any:
        begin = self.at
        self._pass(struct.calcsize(form))
        return struct.unpack_from(self.order + form, self.data, begin)[0]

    def _pass(self, size: int) -> None:
        self._insist_on_room(size, 1)
        self.at += size

    def _insist_on_room(self, count: int, each: int) -> None:
        if count * each > len(self.data) - self.at:
            raise _corrupt(self.path, "its header says more than it has")


def _corrupt(path: Path, why: str) -> SourceError:
    return SourceError(f"{path} is corrupt: {why}", "Fetch it again.")
