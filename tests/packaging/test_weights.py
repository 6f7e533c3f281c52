"""Weights written in a stream are what transformers' own save writes."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)

from runner.errors import StorageError
from runner.packaging.blueprint import Blueprint, draw_as
from runner.packaging.dtypes import choose_dtype
from runner.packaging.weights import write_weights
from runner.recipe.language.sizes import parse_size
from runner.sources import Checkpoint
from runner.sources.base import no_progress
from runner.sources.checkpoint.safetensors_header import read_headers
from runner.tasks import all_tasks

DTYPES = ["float16", "bfloat16", "float32", "float64"]


def gpt2(folder: Path) -> Path:
    torch.manual_seed(0)
    config = GPT2Config(n_layer=2, n_head=2, n_embd=32, vocab_size=64, n_positions=32)
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


def t5(folder: Path) -> Path:
    """A model with modules that stay in float32 under float16, and tied weights."""
    torch.manual_seed(0)
    config = T5Config(d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, vocab_size=64)
    T5ForConditionalGeneration(config).save_pretrained(folder)
    return folder


def parts_of(folder: Path, auto: type, dtype: str) -> Blueprint:
    class_name = type(auto.from_pretrained(folder)).__name__
    checkpoint = Checkpoint(folder, "local", "test")
    return draw_as(class_name, all_tasks()["text-generation"], checkpoint, dtype)


def stored(folder: Path) -> dict[str, torch.Tensor]:
    return {k: v for f in folder.glob("*.safetensors") for k, v in load_file(f).items()}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("make", "auto"), [(gpt2, AutoModelForCausalLM), (t5, AutoModelForSeq2SeqLM)]
)
def test_written_weights_equal_transformers_own_save(
    tmp_path: Path, make: object, auto: type, dtype: str
) -> None:
    source = make(tmp_path / "source")
    theirs: PreTrainedModel = auto.from_pretrained(source, dtype=getattr(torch, dtype))
    theirs.save_pretrained(tmp_path / "theirs")
    write_weights(parts_of(source, auto, dtype), tmp_path / "ours", no_progress)

    want, have = stored(tmp_path / "theirs"), stored(tmp_path / "ours")
    assert want.keys() == have.keys()
    for name, tensor in want.items():
        assert have[name].dtype == tensor.dtype, name
        assert torch.equal(have[name], tensor), name
    loaded = auto.from_pretrained(tmp_path / "ours", dtype="auto")
    assert loaded.dtype == getattr(torch, dtype)
    for name, tensor in theirs.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name


def test_float16_keeps_the_modules_that_must_stay_in_float32(tmp_path: Path) -> None:
    parts = parts_of(t5(tmp_path / "source"), AutoModelForSeq2SeqLM, "float16")
    write_weights(parts, tmp_path / "ours", no_progress)
    kinds = {name: tensor.dtype for name, tensor in stored(tmp_path / "ours").items()}
    assert {d for n, d in kinds.items() if ".wo." in n} == {torch.float32}
    assert {d for n, d in kinds.items() if ".wo." not in n} == {torch.float16}


def test_unchanged_weights_are_copied_to_the_byte(tmp_path: Path) -> None:
    source = gpt2(tmp_path / "source")
    report = write_weights(
        parts_of(source, AutoModelForCausalLM, "float32"), tmp_path / "ours", no_progress
    )
    assert report.how in ("copied", "cloned")
    ours = (tmp_path / "ours" / "model.safetensors").read_bytes()
    assert ours == (source / "model.safetensors").read_bytes()
    assert report.bytes == sum(f.stat().st_size for f in (tmp_path / "ours").iterdir())


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_sharded_checkpoints_stay_sharded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    whole = GPT2LMHeadModel.from_pretrained(gpt2(tmp_path / "whole"))
    whole.save_pretrained(tmp_path / "source", max_shard_size=30_000)
    monkeypatch.setenv("MLFLOW_HUGGINGFACE_MODEL_MAX_SHARD_SIZE", "20KB")
    parts = parts_of(tmp_path / "source", AutoModelForCausalLM, dtype)
    write_weights(parts, tmp_path / "ours", no_progress)
    files = sorted(p.name for p in (tmp_path / "ours").glob("*.safetensors"))
    assert len(files) > 2
    assert files[0] == f"model-00001-of-{len(files):05d}.safetensors"
    loaded = GPT2LMHeadModel.from_pretrained(tmp_path / "ours", dtype="auto")
    for name, tensor in whole.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor.to(getattr(torch, dtype))), name


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    parts = parts_of(gpt2(tmp_path / "source"), AutoModelForCausalLM, "bfloat16")
    write_weights(parts, tmp_path / "ours", lambda _what, done, total: told.append((done, total)))
    assert told
    assert told[-1][0] >= told[-1][1]


def test_unchanged_weights_are_split_only_where_the_recipe_asks_for_it(tmp_path: Path) -> None:
    parts = parts_of(gpt2(tmp_path / "source"), AutoModelForCausalLM, "float32")
    size = max(tensor.nbytes for tensor in parts.tensors.values())
    report = write_weights(parts, tmp_path / "ours", no_progress, max_shard_size=size + 2000)
    assert report.how == "split"
    files = list((tmp_path / "ours").glob("*.safetensors"))
    assert len(files) > 2
    assert max(file.stat().st_size for file in files) < size + 8000
    before, after = stored(tmp_path / "source"), stored(tmp_path / "ours")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    GPT2LMHeadModel.from_pretrained(tmp_path / "ours")


@pytest.mark.parametrize(
    ("text", "size"),
    [("500MB", 500_000_000), ("1GiB", 2**30), ("20kb", 20_000), ("7", 7), ("0", None), ("x", None)],
)
def test_sizes_are_read_as_transformers_reads_them(text: str, size: int | None) -> None:
    assert parse_size(text) == size


def test_a_shard_size_in_the_environment_that_is_none_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HUGGINGFACE_MODEL_MAX_SHARD_SIZE", "much")
    parts = parts_of(gpt2(tmp_path / "source"), AutoModelForCausalLM, "float32")
    with pytest.raises(StorageError, match="much is not a size"):
        write_weights(parts, tmp_path / "ours", no_progress)


def test_auto_is_what_the_checkpoint_says(tmp_path: Path) -> None:
    model = GPT2LMHeadModel.from_pretrained(gpt2(tmp_path / "a"), dtype=torch.bfloat16)
    model.save_pretrained(tmp_path / "b")
    tensors = read_headers(tmp_path / "b").values()
    assert choose_dtype("auto", model.config, tensors) == torch.bfloat16
    bare = GPT2Config()
    bare.dtype = None
    assert choose_dtype("auto", bare, tensors) == torch.bfloat16
    assert choose_dtype("float64", bare, tensors) == torch.float64
