"""Headers tell what a checkpoint holds, and whether its files are whole."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from runner.errors import SourceError
from runner.sources.checkpoint.safetensors_header import read_headers
from tests.checkpoints import causal_lm, sharded_causal_lm, untied_causal_lm


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return causal_lm(tmp_path_factory.mktemp("whole") / "gpt2")


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sharded_causal_lm(tmp_path_factory.mktemp("shards") / "gpt2")


@pytest.fixture
def checkpoint(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "checkpoint"))


@pytest.fixture
def sharded(shards: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shards, tmp_path / "sharded"))


@pytest.mark.parametrize("kind", ["whole", "shards"])
def test_the_header_says_what_safetensors_loads(kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(kind)
    loaded = {
        name: (file.name, tensor)
        for file in folder.glob("*.safetensors")
        for name, tensor in load_file(file).items()
    }
    found = read_headers(folder)
    assert found.keys() == loaded.keys()
    for name, info in found.items():
        file, tensor = loaded[name]
        assert (info.file, info.shape, info.dtype) == (file, tuple(tensor.shape), "F32")
        assert info.path == folder / file
        raw = info.path.read_bytes()[info.offset : info.offset + info.nbytes]
        assert raw == tensor.numpy().tobytes()


def test_tied_weights_are_stored_once(whole: Path, tmp_path: Path) -> None:
    assert "lm_head.weight" not in read_headers(whole)
    assert "lm_head.weight" in read_headers(untied_causal_lm(tmp_path / "untied"))


def test_every_dtype_that_safetensors_writes_is_read(tmp_path: Path) -> None:
    dtypes = [
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
        torch.int16, torch.int8, torch.uint8, torch.bool, torch.complex64, torch.float8_e4m3fn,
        torch.float8_e5m2, torch.uint16, torch.uint32, torch.uint64, torch.float8_e8m0fnu,
        torch.float8_e4m3fnuz, torch.float8_e5m2fnuz,
    ]  # fmt: skip
    tensors = {str(dtype): torch.zeros(2, 3).to(dtype) for dtype in dtypes}
    tensors |= {"scalar": torch.tensor(1.0), "empty": torch.zeros(0, 3)}
    save_file(tensors, tmp_path / "model.safetensors")
    found = read_headers(tmp_path)
    assert found["empty"].nbytes == 0
    assert found["scalar"].shape == ()
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        for name in tensors:
            assert found[name].dtype == file.get_slice(name).get_dtype()


def _header(change: Callable[[dict], object]) -> Callable[[bytes], bytes]:
    def rewritten(content: bytes) -> bytes:
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        change(header)
        text = json.dumps(header).encode()
        return len(text).to_bytes(8, "little") + text + content[8 + length :]

    return rewritten


def _first(header: dict) -> dict:
    return next(entry for name, entry in header.items() if name != "__metadata__")


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no bytes": (lambda _: b"", "its header does not fit into its 0 bytes"),
    "cut inside the header": (lambda c: c[:100], "its header does not fit"),
    "cut inside a tensor": (lambda c: c[:-100], "its header says"),
    "longer": (lambda c: c + b"\0" * 7, "7 bytes more than its header says"),
    "a page of HTML": (lambda _: b"<!DOCTYPE html>" * 9, "its header does not fit"),
    "header is no JSON": (lambda c: c[:8] + b"\xff" * 20 + c[28:], "its header is not JSON"),
    "header is a list": (lambda _: (2).to_bytes(8, "little") + b"[]", "is not a JSON object"),
    "no tensors": (lambda _: (2).to_bytes(8, "little") + b"{}", "it holds no tensors"),
    "an entry without offsets": (
        _header(lambda h: _first(h).pop("data_offsets")),
        "the entry of",
    ),
    "another shape": (_header(lambda h: _first(h)["shape"].append(3)), "has another size than"),
    "overlapping": (
        _header(lambda h: _first(h).update(data_offsets=[4, 4 + _length(_first(h))])),
        "does not start where the tensor before it ends",
    ),
    "negative": (
        _header(lambda h: _first(h).update(data_offsets=[-_length(_first(h)), 0])),
        "has another size than",
    ),
}


def _length(entry: dict) -> int:
    begin, end = entry["data_offsets"]
    return end - begin


@pytest.mark.parametrize("how", BROKEN)
def test_a_corrupt_file_is_named(checkpoint: Path, how: str) -> None:
    damage, reason = BROKEN[how]
    file = checkpoint / "model.safetensors"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(SourceError) as caught:
        read_headers(checkpoint)
    assert "model.safetensors is corrupt: " in caught.value.message
    assert reason in caught.value.message
    assert "again" in caught.value.remedy
    with pytest.raises(Exception, match=r".+"):  # as strict as safetensors itself
        assert load_file(file)


def test_an_unknown_dtype_is_not_called_corrupt(checkpoint: Path) -> None:
    file = checkpoint / "model.safetensors"
    file.write_bytes(_header(lambda h: _first(h).update(dtype="F128"))(file.read_bytes()))
    with pytest.raises(SourceError, match="as F128, a dtype that is not known here"):
        read_headers(checkpoint)


def test_a_pointer_of_git_lfs_is_recognised(checkpoint: Path) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"
    (checkpoint / "model.safetensors").write_text(text)
    with pytest.raises(SourceError, match="pointer of git-lfs") as caught:
        read_headers(checkpoint)
    assert "git lfs pull" in caught.value.remedy


def test_a_missing_shard_is_named(sharded: Path) -> None:
    name = sorted(p.name for p in sharded.glob("*.safetensors"))[1]
    (sharded / name).unlink()
    with pytest.raises(SourceError, match=f"{name} is missing from .*index.json lists it"):
        read_headers(sharded)


def test_a_tensor_that_the_index_promises_is_looked_for(sharded: Path) -> None:
    index = sharded / "model.safetensors.index.json"
    listed = json.loads(index.read_text())
    listed["weight_map"]["extra.weight"] = next(iter(listed["weight_map"].values()))
    index.write_text(json.dumps(listed))
    with pytest.raises(SourceError, match="is corrupt: extra.weight is not in it"):
        read_headers(sharded)


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"weight_map": []}', '{"weight_map": {}}',
             '{"weight_map": {"a": "../model.safetensors"}}', '{"weight_map": {"a": 1}}',
             '{"weight_map": {"a": {}}}'],
)  # fmt: skip
def test_a_corrupt_index_is_named(sharded: Path, text: str) -> None:
    (sharded / "model.safetensors.index.json").write_text(text)
    with pytest.raises(SourceError, match="index.json is corrupt"):
        read_headers(sharded)


def test_pickle_files_are_refused_with_the_reason(checkpoint: Path) -> None:
    (checkpoint / "model.safetensors").rename(checkpoint / "pytorch_model.bin")
    with pytest.raises(SourceError, match=r"pytorch_model.bin, a pickle file, .* run code"):
        read_headers(checkpoint)


def test_a_folder_without_weights_says_so(checkpoint: Path) -> None:
    (checkpoint / "model.safetensors").unlink()
    with pytest.raises(SourceError, match="holds no weights"):
        read_headers(checkpoint)
