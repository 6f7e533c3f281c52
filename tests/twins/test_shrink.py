"""Configurations of well-known architectures, shrunk: small, whole, and the same to callers."""

from typing import Any

import pytest
import torch
import transformers
from transformers import AutoConfig

from runner.twins.shrink import shrunk, with_fewer_layers

CAUSAL = ["bloom", "falcon", "gemma", "gemma2", "gemma3_text", "gpt2", "gpt_bigcode", "gpt_neo",
          "gpt_neox", "gptj", "granite", "llama", "mamba", "mistral", "mixtral", "mpt", "olmo2",
          "opt", "phi", "phi3", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe", "stablelm",
          "deepseek_v3"]  # fmt: skip
ENCODERS = ["albert", "bert", "camembert", "deberta", "deberta-v2", "distilbert", "electra",
            "longformer", "modernbert", "mpnet", "roberta", "xlm-roberta", "xlnet"]  # fmt: skip
TRANSLATORS = ["bart", "led", "longt5", "m2m_100", "marian", "mbart", "mt5", "pegasus", "t5"]
IMAGES = ["beit", "convnext", "dinov2", "mobilenet_v2", "regnet", "resnet", "swin", "vit"]
SOUNDS = ["audio-spectrogram-transformer", "hubert", "wav2vec2", "wavlm"]
FAMILIES = {
    "AutoModelForCausalLM": CAUSAL,
    "AutoModelForSequenceClassification": ENCODERS,
    "AutoModelForSeq2SeqLM": TRANSLATORS,
    "AutoModelForImageClassification": IMAGES,
    "AutoModelForAudioClassification": SOUNDS,
    "AutoModelForSpeechSeq2Seq": ["whisper", "speech_to_text"],
    "AutoModelForObjectDetection": ["yolos"],
    "AutoModelForZeroShotImageClassification": ["clip", "siglip"],
    "AutoModelForZeroShotObjectDetection": ["owlv2", "owlvit"],
    "AutoModelForImageTextToText": ["llava", "paligemma", "qwen2_5_vl", "qwen2_vl"],
    "AutoModelForDepthEstimation": ["dpt", "glpn"],
    "AutoModelForSemanticSegmentation": ["segformer"],
    "AutoModelForTableQuestionAnswering": ["tapas"],
    "AutoModelForDocumentQuestionAnswering": ["layoutlm", "layoutlmv3"],
    "AutoModelForVisualQuestionAnswering": ["vilt"],
    "AutoModelForTextToWaveform": ["vits"],
}
CASES = [(auto, kind) for auto, kinds in FAMILIES.items() for kind in kinds]
KEPT = ("vocab_size", "pad_token_id", "bos_token_id", "eos_token_id", "image_size", "patch_size",
        "max_position_embeddings", "num_mel_bins", "image_token_id", "image_token_index",
        "decoder_start_token_id", "is_encoder_decoder", "tie_word_embeddings")  # fmt: skip
NARROW_ENOUGH = 40_000_000
"""Parameters: a vocabulary of 256,000 alone takes 33 million with its two embeddings."""


def parameters(auto: str, config: Any) -> int:
    with torch.device("meta"):
        return getattr(transformers, auto).from_config(config).num_parameters()


@pytest.mark.parametrize(("auto", "architecture"), CASES)
def test_an_architecture_shrinks_and_stays_what_it_is(auto: str, architecture: str) -> None:
    real = AutoConfig.for_model(architecture, num_labels=7)
    given = real.to_dict()
    small = shrunk(real)
    assert real.to_dict() == given
    assert type(small) is type(real)
    assert parameters(auto, small) < NARROW_ENOUGH
    for name in KEPT:
        assert getattr(small, name, None) == getattr(real, name, None), name
    assert small.id2label == real.id2label


def test_each_kind_of_layer_is_kept() -> None:
    kinds = ["sliding_attention"] * 5 + ["full_attention"]
    real = AutoConfig.for_model("gemma3_text", num_hidden_layers=12, layer_types=kinds * 2)
    small = shrunk(real)
    assert small.num_hidden_layers == 2
    assert small.layer_types == ["sliding_attention", "full_attention"]


@pytest.mark.parametrize(("heads", "shared", "wanted"), [(32, 32, 4), (32, 8, 2), (32, 1, 1)])
def test_as_many_heads_share_keys_and_values_as_did(heads: int, shared: int, wanted: int) -> None:
    real = AutoConfig.for_model("llama", num_attention_heads=heads, num_key_value_heads=shared)
    assert shrunk(real).num_key_value_heads == wanted


def test_fewer_layers_leave_the_width() -> None:
    real = AutoConfig.for_model("llama", hidden_size=128, num_attention_heads=8)
    small = with_fewer_layers(real)
    assert (small.num_hidden_layers, small.hidden_size) == (2, 128)


def test_what_a_class_makes_of_other_sizes_is_made_of_the_small_ones() -> None:
    small: Any = shrunk(AutoConfig.for_model("zamba"))
    assert small.attention_hidden_size == 2 * small.hidden_size
    assert small.attention_head_dim * small.num_attention_heads == small.attention_hidden_size
