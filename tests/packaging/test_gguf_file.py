"""A GGUF file is parsed once for all who ask for it, into what the library itself makes of it."""

from pathlib import Path

import gguf
import numpy as np
import pytest

from runner.packaging.gguf_file import parsed_once


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A file with a tensor, a list of words and a number."""
    writer = gguf.GGUFWriter(tmp_path / "a.gguf", "llama")
    writer.add_token_list(["a", "ä", "<s>"])
    writer.add_block_count(2)
    writer.add_tensor("weight", np.arange(64, dtype=np.float32).reshape(2, 32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return str(tmp_path / "a.gguf")


def test_what_is_read_is_what_the_library_reads(file: str) -> None:
    wanted = gguf.GGUFReader(file)
    with parsed_once(file):
        found = gguf.GGUFReader(file)
    assert list(found.fields) == list(wanted.fields)
    for name, field in wanted.fields.items():
        assert found.fields[name].contents() == field.contents()
    (tensor,), (same,) = found.tensors, wanted.tensors
    assert (tensor.name, tensor.tensor_type) == (same.name, same.tensor_type)
    assert np.array_equal(tensor.data, same.data)


def test_the_names_of_tensors_are_made_once_and_are_those_of_the_library(file: str) -> None:
    arch = gguf.MODEL_ARCH.LLAMA
    theirs = gguf.get_tensor_name_map
    wanted = theirs(arch, 2).mapping
    with parsed_once(file):
        assert gguf.get_tensor_name_map(arch, 2).mapping == wanted
        assert gguf.get_tensor_name_map(arch, 2) is gguf.get_tensor_name_map(arch, 2)
        assert gguf.get_tensor_name_map(arch, 1).mapping != wanted
    assert gguf.get_tensor_name_map is theirs


def test_it_is_parsed_once_inside_and_the_library_is_as_it_was_afterwards(file: str) -> None:
    theirs = gguf.GGUFReader
    with parsed_once(file):
        assert gguf.GGUFReader(file) is gguf.GGUFReader(file)
    assert gguf.GGUFReader is theirs
    with pytest.raises(FileNotFoundError), parsed_once(file):
        gguf.GGUFReader("nowhere.gguf")
    assert gguf.GGUFReader is theirs
    with parsed_once(""):
        assert gguf.GGUFReader is theirs
