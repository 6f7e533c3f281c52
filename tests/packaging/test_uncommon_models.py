"""Models that are otherwise than most: what they tie, what they tell of themselves, or lack."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from transformers import BertConfig, BertModel, PoolFormerConfig, PoolFormerModel

from runner.errors import SourceError
from runner.packaging.brought import input_embedding
from runner.packaging.forward import build_pipeline
from runner.packaging.impossible import build
from runner.packaging.meta import model_on_meta
from runner.sources import Checkpoint
from runner.sources.checkpoint.model_classes import text_config
from runner.sources.checkpoint.safetensors_header import read_headers
from runner.sources.scratch.source import make_component
from runner.tasks import get_task
from tests.twins.full_size import full_size


def checkpoint_in(folder: Path) -> Checkpoint:
    return Checkpoint(folder=folder, kind="local", name="checkpoint")


def test_buffers_that_are_tied_to_others_need_not_be_in_a_file(tmp_path: Path) -> None:
    seen = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 64,
            "global_attn_indexes": [0], "mlp_dim": 32}  # fmt: skip
    config = transformers.SamConfig(vision_config=seen)
    transformers.SamModel(config).save_pretrained(tmp_path)
    tensors = read_headers(tmp_path)
    name = "prompt_encoder.shared_embedding.positional_embedding"
    assert name not in tensors
    checkpoint = checkpoint_in(tmp_path)
    model, _ = model_on_meta(transformers.SamModel, config, checkpoint, tensors, torch.float32, {})
    assert dict(model.named_buffers())[name].is_meta


def test_of_several_parts_for_text_the_one_that_generates_counts() -> None:
    config: Any = full_size("musicgen")
    assert text_config(config) is config.decoder
    assert text_config(bert := BertConfig()) is bert


def test_a_class_may_tell_of_embeddings_that_it_has_not() -> None:
    config = PoolFormerConfig(hidden_sizes=[8] * 4, depths=[1] * 4)
    assert input_embedding(PoolFormerModel(config)) is None


def test_what_is_made_of_other_configurations_alone_is_refused_too(tmp_path: Path) -> None:
    config = full_size("musicgen")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "musicgen"}))

    def impossible(_: object) -> Any:
        raise ValueError("no such thing")

    with pytest.raises(SourceError, match="no musicgen model can be built .*: no such thing"):
        build(checkpoint_in(tmp_path), config, impossible)


@pytest.mark.skipif(transformers.__version__ >= "5", reason="transformers 5 asks nothing of it")
def test_a_model_that_no_pipeline_can_be_built_around_is_refused() -> None:
    config, task = BertConfig(num_hidden_layers=1, vocab_size=512), get_task("text-generation")
    tokenizer = make_component("tokenizer", config, task)
    with pytest.raises(SourceError, match="builds no text-generation pipeline around BertModel"):
        build_pipeline(task, BertModel(config), tokenizer=tokenizer)
