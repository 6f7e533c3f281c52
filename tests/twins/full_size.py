"""Full-size configurations of every model type: their defaults, or what real checkpoints say."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import transformers
from transformers import CONFIG_MAPPING, GenerationConfig, PretrainedConfig
from transformers.models.bark.generation_configuration_bark import (
    BarkCoarseGenerationConfig,
    BarkFineGenerationConfig,
    BarkGenerationConfig,
    BarkSemanticGenerationConfig,
)

_ROPE = {"rope_type": "default", "type": "mrope", "mrope_section": [16, 24, 24]}
_NARROW_ROPE = {"rope_type": "default", "type": "default", "mrope_section": [8, 12, 12]}
_NARROW = {"rope_scaling": _NARROW_ROPE, "partial_rotary_factor": 0.5}
_INTERLEAVED = {"rope_type": "default", "mrope_section": [24, 20, 20], "mrope_interleaved": True}
_LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
           "original_max_position_embeddings": 8192}  # fmt: skip
_SMOL = {"model_type": "llama", "vocab_size": 128259, "pad_token_id": 128002}
_ON_THE_CPU = {"use_mamba_kernels": False}
_LAST = {"use_timm_backbone": False, "use_pretrained_backbone": False, "backbone": None,
         "backbone_config": {"model_type": "resnet", "out_features": ["stage4"]}}  # fmt: skip
_THREE = {**_LAST, "backbone_config": {"model_type": "resnet",
          "out_features": ["stage2", "stage3", "stage4"]}}  # fmt: skip

REAL: Mapping[str, Mapping[str, Any]] = {
    "autoformer": {"prediction_length": 24},
    "aya_vision": {"vision_config": {
        "model_type": "siglip_vision_model", "hidden_size": 1152, "intermediate_size": 4304,
        "num_hidden_layers": 27, "num_attention_heads": 16, "image_size": 364, "patch_size": 14,
        "vision_use_head": False,
    }},
    "bark": {
        "semantic_config": {"input_vocab_size": 129600, "output_vocab_size": 10048},
        "coarse_acoustics_config": {"input_vocab_size": 12096, "output_vocab_size": 12096},
        "fine_acoustics_config": {"input_vocab_size": 1056, "output_vocab_size": 1056},
    },
    "blip-2": {"image_token_index": 50265},
    "chameleon": {"vocabulary_map": {"<image>": 8711}},
    "clvp": {"speech_config": {"vocab_size": 8192}},
    "colqwen2": {"vlm_config": {"model_type": "qwen2_vl", "text_config": {"rope_scaling": _ROPE}}},
    "conditional_detr": _LAST,
    "dab-detr": _LAST,
    "deepseek_v2": {"num_experts_per_tok": 6},
    "deformable_detr": _THREE,
    "detr": _LAST,
    "dots1": {"n_routed_experts": 128, "n_shared_experts": 1, "num_experts_per_tok": 6},
    "emu3": {"vocabulary_map": {"<image>": 151000, "<|extra_200|>": 151846}},
    "esm": {"vocab_size": 33, "pad_token_id": 1, "mask_token_id": 32},
    "glm4v": {"text_config": _NARROW},
    "glm4v_moe": {"text_config": {**_NARROW, "head_dim": 128}},
    "glm4v_moe_text": {**_NARROW, "head_dim": 128},
    "glm4v_text": _NARROW,
    "granitemoehybrid": {"layer_types": [*["mamba"] * 7, "attention"] * 4},
    "hunyuan_v1_dense": {"head_dim": 128},
    "hunyuan_v1_moe": {"head_dim": 128},
    "idefics3": {"text_config": _SMOL},
    "informer": {"prediction_length": 24},
    "instructblip": {"image_token_index": 50265},
    "instructblipvideo": {"video_token_index": 50265},
    "jamba": _ON_THE_CPU,
    "ministral": {"head_dim": 128},
    "mllama": {"text_config": {"rope_scaling": _LLAMA3}},
    "nemotron": {"num_key_value_heads": 8, "head_dim": 128},
    "omdet-turbo": {**_THREE, "apply_layernorm_after_vision_backbone": False,
                    "backbone_config": {"model_type": "swin", "out_indices": [2, 3, 4]}},
    "phi4_multimodal": {"vision_config": {}, "audio_config": {}},
    "qwen2_5_vl": {"text_config": {"rope_scaling": _ROPE}},
    "qwen2_5_vl_text": {"rope_scaling": _ROPE},
    "qwen2_vl": {"text_config": {"rope_scaling": _ROPE}},
    "qwen2_vl_text": {"rope_scaling": _ROPE},
    "qwen3_vl": {"text_config": {"rope_scaling": _INTERLEAVED}},
    "qwen3_vl_moe": {"text_config": {"rope_scaling": _INTERLEAVED}},
    "qwen3_vl_moe_text": {"rope_scaling": _INTERLEAVED},
    "qwen3_vl_text": {"rope_scaling": _INTERLEAVED},
    "retribert": {"position_embedding_type": "absolute"},
    "smolvlm": {"text_config": _SMOL},
    "superglue": {"keypoint_encoder_sizes": [32, 64, 128, 256], "gnn_layers_types":
                  ["self", "cross"] * 9},
    "table-transformer": _LAST,
    "time_series_transformer": {"prediction_length": 24},
    "tvp": {"type_vocab_size": 2, **_LAST},
    "vit_hybrid": {"image_size": 384},  # as many patches as the backbone's map has
    "xmod": {"default_language": "en_XX"},
    "zamba": _ON_THE_CPU,
}  # fmt: skip
"""What real checkpoints say where a class has no default, or one that needs another library."""
_MADE: Mapping[str, Callable[[Any], PretrainedConfig]] = {
    "encoder-decoder": lambda t: t.EncoderDecoderConfig.from_encoder_decoder_configs(
        t.BertConfig(), t.BertConfig()
    ),
    "musicgen": lambda t: t.MusicgenConfig.from_sub_models_config(
        t.T5Config(), t.EncodecConfig(), t.MusicgenDecoderConfig()
    ),
    "musicgen_melody": lambda t: t.MusicgenMelodyConfig.from_sub_models_config(
        t.T5Config(), t.EncodecConfig(), t.MusicgenMelodyDecoderConfig()
    ),
    "nougat": lambda t: t.VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        t.DonutSwinConfig(), t.MBartConfig()
    ),
    "rag": lambda t: t.RagConfig.from_question_encoder_generator_configs(
        t.DPRConfig(), t.BartConfig()
    ),
    "speech-encoder-decoder": lambda t: t.SpeechEncoderDecoderConfig.from_encoder_decoder_configs(
        t.Wav2Vec2Config(), t.BertConfig(), decoder_start_token_id=101, pad_token_id=0
    ),
    "vision-encoder-decoder": lambda t: t.VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        t.ViTConfig(), t.GPT2Config()
    ),
    "vision-text-dual-encoder": lambda t: t.VisionTextDualEncoderConfig.from_vision_text_configs(
        t.ViTConfig(), t.BertConfig()
    ),
}
"""Configurations that are put together of others."""
CLASSES: Mapping[str, str] = {
    "encoder-decoder": "EncoderDecoderModel",
    "funnel": "FunnelModel",
    "granite_speech": "GraniteSpeechForConditionalGeneration",
    "musicgen": "MusicgenForConditionalGeneration",
    "musicgen_melody": "MusicgenMelodyForConditionalGeneration",
    "nougat": "VisionEncoderDecoderModel",
    "pop2piano": "Pop2PianoForConditionalGeneration",
    "qwen2_5_omni": "Qwen2_5OmniForConditionalGeneration",
    "qwen3_omni_moe": "Qwen3OmniMoeForConditionalGeneration",
    "rag": "RagModel",
    "realm": "RealmEmbedder",
    "speech-encoder-decoder": "SpeechEncoderDecoderModel",
    "speech_to_text_2": "Speech2Text2ForCausalLM",
    "speecht5": "SpeechT5ForSpeechToText",
    "vitmatte": "VitMatteForImageMatting",
    "vitpose": "VitPoseForPoseEstimation",
}
"""The class that real checkpoints name, where no auto class gives one."""

_GENERATION: Mapping[str, Callable[[], GenerationConfig]] = {
    "bark": lambda: BarkGenerationConfig.from_sub_model_configs(
        BarkSemanticGenerationConfig(), BarkCoarseGenerationConfig(), BarkFineGenerationConfig()
    )
}
"""How a model generates, where its class cannot do it as any model does."""


def put_checkpoint(model_type: str, config: PretrainedConfig, folder: Path) -> None:
    """Write what real checkpoints have beside weights, tokenizer and processor.

    Args:
        model_type: As ``CONFIG_MAPPING`` has it; the class may write another.
        config: The configuration at full size.
        folder: Where to.
    """
    config.save_pretrained(folder)
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "model_type": model_type}))
    if make := _GENERATION.get(config.model_type):
        (folder / "generation_config.json").write_text(json.dumps(make().to_dict()))


def full_size(model_type: str) -> PretrainedConfig:
    """Make the configuration of a model type as real checkpoints have it.

    Args:
        model_type: As ``CONFIG_MAPPING`` has it.
    """
    if make := _MADE.get(model_type):
        config = make(transformers)
    else:
        config = CONFIG_MAPPING[model_type](**REAL.get(model_type, {}))
    if named := CLASSES.get(model_type):
        config.architectures = [named]
    return config
