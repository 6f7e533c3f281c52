"""Headers of GGUF files in which bytes were exchanged: refused in words, or read at once."""

import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import gguf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import SourceError
from runner.sources.checkpoint.gguf_header import insist_on_gguf
from tests.fuzz.drawn import exchanged, fuzzed

COUNTS = st.sampled_from([0, 1, 2**31, 2**32, 2**63, 2**64 - 1])


def written() -> bytes:
    """Give a file with a value of every kind and two tensors."""
    with TemporaryDirectory() as folder:
        writer = gguf.GGUFWriter(file := Path(folder, "a.gguf"), "llama")
        writer.add_block_count(1)
        writer.add_embedding_length(4)
        writer.add_layer_norm_rms_eps(1e-5)
        writer.add_bool("llama.flag", True)
        writer.add_token_list(["<s>", "a", "b"])
        writer.add_array("llama.numbers", [1, 2, 3])
        writer.add_tensor("token_embd.weight", np.zeros((3, 4), np.float32))
        writer.add_tensor("blk.0.attn_norm.weight", np.zeros(4, np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return file.read_bytes()


GOOD = written()


def counted(place: int, count: int) -> bytes:
    """Give the file with another number at a place."""
    return GOOD[:place] + struct.pack("<Q", count) + GOOD[place + 8 :]


def checked(text: bytes) -> bool:
    """Say whether a file passes; one that does is read by the library, or refused, at once."""
    with TemporaryDirectory() as folder:
        (file := Path(folder, "model.gguf")).write_bytes(text)
        try:
            insist_on_gguf(file)
        except SourceError:
            return False
        try:
            gguf.GGUFReader(file)
        except (ValueError, KeyError, IndexError, OverflowError, UnicodeDecodeError):
            return True  # its data do not fit its header, or its words are none: in words, at once
        return True


@fuzzed()
@given(
    text=exchanged([GOOD])
    | st.builds(counted, st.integers(4, len(GOOD) - 8), COUNTS)
    | st.integers(0, len(GOOD)).map(lambda end: GOOD[:end])
)
def test_gguf_headers(text: bytes) -> None:
    checked(text)


def test_a_file_as_the_library_writes_it_passes() -> None:
    assert checked(GOOD)


@pytest.mark.parametrize(
    ("what", "place"),
    {"tensors": 8, "fields": 16, "a name": 24, "words": GOOD.index(b"tokens") + 14}.items(),
)
@pytest.mark.parametrize("count", [2**31, 2**63, 2**64 - 1])
def test_a_count_of_more_than_the_file_holds_is_corrupt(what: str, place: int, count: int) -> None:
    assert not checked(counted(place, count)), what


def test_layers_that_no_tensor_is_of_are_corrupt(workspace: Path) -> None:
    at = GOOD.index(b"llama.block_count") + len(b"llama.block_count") + 4
    (file := workspace / "model.gguf").write_bytes(
        GOOD[:at] + struct.pack("<I", 10**9) + GOOD[at + 4 :]
    )
    with pytest.raises(SourceError, match="block_count"):
        insist_on_gguf(file)
