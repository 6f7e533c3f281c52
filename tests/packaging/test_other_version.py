"""A configuration of another version is understood, refused, or its leftovers are told."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import CONFIG_MAPPING, AutoConfig, LlamaConfig, OlmoConfig, PretrainedConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from runner.errors import SourceError
from runner.packaging import rope
from runner.packaging.other_version import Reading, understood
from runner.sources import Checkpoint

NEWER = "99.0.0"


def read(folder: Path, fields: dict[str, Any] | None = None, **says: Any) -> Reading:
    folder.mkdir(exist_ok=True)
    config = {**LlamaConfig().to_dict(), "transformers_version": "4.40.0", **says}
    (folder / "config.json").write_text(json.dumps(config, default=str))
    as_read: PretrainedConfig = AutoConfig.from_pretrained(folder)
    return understood(as_read, Checkpoint(folder, "local", "a folder"), fields)


def test_what_the_installed_version_writes_is_taken_as_it_is(tmp_path: Path) -> None:
    reading = read(tmp_path / "config")
    assert (reading.translated, reading.notes) == (False, [])


@pytest.mark.parametrize(
    ("says", "named"),
    [
        ({"attention_chunks": 4, "transformers_version": NEWER}, "`attention_chunks: 4`"),
        ({"position_embedding_type": "relative_key"}, "`position_embedding_type: relative_key`"),
        ({"tie_encoder_decoder": True, "model_type": "llama"}, "`tie_encoder_decoder: True`"),
    ],
)
def test_a_key_that_changes_the_model_is_refused(
    tmp_path: Path, says: dict[str, Any], named: str
) -> None:
    name = next(iter(says))
    if name in PretrainedConfig().to_dict():
        pytest.skip(f"this version knows {name}")
    with pytest.raises(SourceError, match="config.json says") as refused:
        read(tmp_path / "config", **says)
    assert named in refused.value.message


@pytest.mark.parametrize(
    "says",
    [
        {"attention_chunks": None},
        {"attention_chunks": False},
        {"router_loss_weight": 0.5},
        {"_internal": 3},
        {"position_embedding_type": "absolute"},
    ],
)
def test_a_key_that_changes_nothing_is_passed_over(tmp_path: Path, says: dict[str, Any]) -> None:
    assert read(tmp_path / "config", transformers_version=NEWER, **says).notes == []


def test_what_an_older_version_left_behind_is_told(tmp_path: Path) -> None:
    (note,) = read(tmp_path / "config", attention_chunks=4).notes
    assert "attention_chunks" in note


def test_rotary_positions_without_words_for_them_are_not_translated() -> None:
    known = {"rope_theta", "rope_scaling"}
    assert rope.translated({"rope_theta": 7.0, "partial_rotary_factor": 0.5}, known) is None
    assert rope.translated({"rope_theta": 7.0}, {"rope_scaling"}) is None
    assert rope.translated({"rope_type": "linear", "factor": 2.0}, {"rope_theta"}) is None
    kinds = {"full_attention": {"rope_theta": 7.0}, "sliding_attention": {"rope_theta": 8.0}}
    assert rope.translated(kinds, known) is None
    assert rope.translated(kinds, {*known, "local_rope_theta", "global_rope_theta"}) == {
        "global_rope_theta": 7.0,
        "local_rope_theta": 8.0,
    }


def test_what_stands_beside_the_usual_positions_is_kept() -> None:
    sections = {"rope_type": "default", "mrope_section": [1, 1, 2]}
    words = rope.translated({"rope_theta": 7.0, **sections}, {"rope_theta", "rope_scaling"})
    assert words == {"rope_theta": 7.0, "rope_scaling": sections}
    assert rope.translated({"rope_theta": 7.0, **sections}, {"rope_theta"}) is None


@pytest.mark.parametrize("beside", [{}, {"original_max_position_embeddings": 64}])
def test_positions_of_long_texts_are_those_that_5_makes(
    tmp_path: Path, beside: dict[str, Any]
) -> None:
    half = [1.0] * 64
    said = {
        "rope_theta": 77.0, "rope_type": "longrope", "factor": 8.0, "short_factor": half,
        "long_factor": [2.0] * 64, "original_max_position_embeddings": 16 if beside else 64,
    }  # fmt: skip
    config = read(
        tmp_path / "config", rope_parameters=said, transformers_version=NEWER, **beside
    ).config
    made: Any = ROPE_INIT_FUNCTIONS["longrope"]
    short, scaled = made(config, torch.device("cpu"), seq_len=64)
    longer, _ = made(config, torch.device("cpu"), seq_len=65)
    assert scaled == pytest.approx(math.sqrt(1 + math.log(8) / math.log(64)))
    assert short[1].item() == pytest.approx(77 ** (-1 / 64))
    assert torch.allclose(longer, short / 2)


def test_positions_that_a_class_does_not_take_are_refused(tmp_path: Path) -> None:
    if "rope_parameters" in OlmoConfig().to_dict():
        pytest.skip("this version takes them")
    scaled = {"rope_theta": 7.0, "rope_type": "linear", "factor": 2.0}
    with pytest.raises(SourceError, match="does not take"):
        read(tmp_path / "config", model_type="olmo", rope_parameters=scaled)


def test_code_that_comes_along_and_is_not_run_excuses_nothing(tmp_path: Path) -> None:
    own = {"AutoModelForCausalLM": "modeling_own.Own"}
    with pytest.raises(SourceError, match="attention_chunks"):
        read(tmp_path / "config", attention_chunks=4, transformers_version=NEWER, auto_map=own)


def test_what_the_recipe_says_of_the_configuration_outlives_its_translation(tmp_path: Path) -> None:
    newer = {"rope_parameters": {"rope_theta": 77.0, "rope_type": "default"}}
    reading = read(tmp_path / "config", {"num_labels": 5}, **newer, transformers_version=NEWER)
    assert reading.translated == ("rope_parameters" not in LlamaConfig().to_dict())
    assert not reading.translated or reading.config.num_labels == 5


def written_by_5(folder: Path, model_type: str, **says: Any) -> Reading:
    """Read what a model type has by default, but for what is said."""
    usual: dict[str, Any] = CONFIG_MAPPING[model_type]().to_dict()
    for name, value in says.items():
        usual[name] = {**usual[name], **value} if isinstance(value, dict) else value
    folder.mkdir()
    said = {**usual, "transformers_version": NEWER}
    (folder / "config.json").write_text(json.dumps(said, default=str))
    as_read: PretrainedConfig = AutoConfig.from_pretrained(folder)
    return understood(as_read, Checkpoint(folder, "local", "a folder"))


@pytest.mark.parametrize(
    ("model_type", "new", "old", "value"),
    [
        ("qwen3_moe", "num_local_experts", "num_experts", 8),
        ("qwen3_vl_moe_text", "num_local_experts", "num_experts", 8),
        ("vipllava", "vision_feature_layer", "vision_feature_layers", [-2, -5]),
        ("videomae", "qv_bias", "qkv_bias", False),
    ],
)
def test_what_has_another_name_is_said_by_the_name_that_is_known(
    tmp_path: Path, model_type: str, new: str, old: str, value: Any
) -> None:
    reading = written_by_5(tmp_path / "config", model_type, **{new: value})
    if not hasattr(CONFIG_MAPPING[model_type](), old):
        pytest.skip(f"this version knows {new}")
    assert getattr(reading.config, old) == value
    known = hasattr(CONFIG_MAPPING[model_type](), new)
    assert (reading.translated, reading.notes) == (not known, [])


@pytest.mark.parametrize(
    ("model_type", "says"),
    [
        ("llava", {"vision_config": {"vocab_size": 32000}}),
        ("paligemma", {"text_config": {"use_bidirectional_attention": True}}),
        ("paligemma", {"text_config": {"num_image_tokens": 1024},
                       "vision_config": {"image_size": 448}}),
        ("bamba", {"time_step_limit": [0.0, math.inf]}),
        ("deepseek_v2", {"qk_head_dim": 192}),
        ("sam", {"vision_config": {"scale": 384}}),
        ("esm", {"rope_theta": 10_000.0}),
    ],
)  # fmt: skip
def test_what_a_class_does_anyway_is_passed_over(
    tmp_path: Path, model_type: str, says: dict[str, Any]
) -> None:
    assert written_by_5(tmp_path / "config", model_type, **says).notes == []


@pytest.mark.parametrize(
    ("model_type", "says"),
    [
        ("bamba", {"time_step_limit": [0.0, 5.0]}),
        ("deepseek_v2", {"qk_head_dim": 100}),
        ("gemma", {"use_bidirectional_attention": True}),
        ("blt", {"local_attention_window_len": 512}),
    ],
)
def test_what_a_class_does_otherwise_is_refused(
    tmp_path: Path, model_type: str, says: dict[str, Any]
) -> None:
    (name,) = says
    if hasattr(CONFIG_MAPPING[model_type](), name):
        pytest.skip(f"this version knows {name}")
    with pytest.raises(SourceError, match=name):
        written_by_5(tmp_path / "config", model_type, **says)
