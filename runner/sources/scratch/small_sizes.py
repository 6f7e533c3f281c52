"""Sizes of small models: what they are called in one architecture or another, and how they fit."""

from collections.abc import Mapping
from typing import Any

from runner.errors import SourceError

LAYERS = 2
"""Layers of a small model."""
_EXPERTS = 4
_SPEECH = {
    "conv_dim": [32, 32, 32],
    "conv_kernel": [10, 8, 4],
    "conv_stride": [8, 8, 5],
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "classifier_proj_size": 32,
    "mask_time_prob": 0.0,
}
_WINDOWS = {
    "patch_size": 4,
    "embed_dim": 16,
    "depths": [1, 1],
    "num_heads": [2, 2],
    "window_size": 2,
}
_PYRAMID = {
    "hidden_sizes": [8, 16, 32, 32],
    "depths": [1, 1, 1, 1],
    "num_attention_heads": [1, 2, 2, 4],
}
PER_ARCHITECTURE: Mapping[str, Mapping[str, Any]] = {
    "clap_audio_model": {
        "patch_size": 4,
        "patch_embeds_hidden_size": 16,
        "hidden_size": 32,
        "depths": [1, 1],
        "num_attention_heads": [2, 2],
    },
    "beit": {"num_hidden_layers": 4, "out_indices": [1, 2, 3, 4]},
    "depth_pro": {
        "fusion_hidden_size": 16,
        "intermediate_hook_ids": [1, 0],
        "intermediate_feature_dims": [16, 16],
        "scaled_images_feature_dims": [16, 16, 8],
    },
    "dpt": {
        "num_hidden_layers": 4,
        "backbone_out_indices": [0, 1, 2, 3],
        "neck_hidden_sizes": [8, 16, 32, 32],
        "fusion_hidden_size": 16,
    },
    "donut-swin": _WINDOWS,
    "efficientloftr": {
        "hidden_size": 32,
        "stage_num_blocks": [1, 1, 1, 1],
        "out_features": [8, 8, 16, 32],
        "fine_matching_slice_dim": 4,
        "coarse_matching_border_removal": 1,  # more leaves nothing of a small image
        "coarse_matching_threshold": 0.0,  # random features match by little
        "num_attention_layers": 1,
        "num_attention_heads": 8,
        "num_key_value_heads": 8,
    },
    "efficientnet": {"width_coefficient": 0.1, "depth_coefficient": 0.1, "hidden_dim": 128},
    "emu3_vqgan": {"base_channels": 32, "num_res_blocks": 1},
    "encodec": {"hidden_size": 128},  # the width of its codebook, which others keep to
    "funnel": {"block_sizes": [1, 1], "block_repeats": [1, 1]},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "lightglue": {"hidden_size": 256, "intermediate_size": 512},  # as wide as what it is given
    "longformer": {"attention_window": 16},
    "mamba2": {"num_heads": 8, "n_groups": 1},
    "perceiver": {
        "num_latents": 8,
        "d_latents": 64,
        "d_model": 64,
        "num_self_attends_per_block": 2,
        "qk_channels": 32,
        "v_channels": 64,
    },
    "qwen2_vl": {"embed_dim": 32, "num_heads": 4},
    "qwen3_next": {"full_attention_interval": 2},
    "superglue": {"hidden_size": 256},  # as wide as what it is given
    "sam_hq_vision_model": {"output_channels": 32, "num_pos_feats": 16},  # as wide as the rest
    "sam_vision_model": {"output_channels": 32, "num_pos_feats": 16},
    "swin": _WINDOWS,
    "swin2sr": {"patch_size": 1, "embed_dim": 32, "depths": [1, 1], "num_heads": [2, 2]},
    "swinv2": _WINDOWS,
    "pvt": _PYRAMID,
    "segformer": {**_PYRAMID, "decoder_hidden_size": 32},
    "glpn": {**_PYRAMID, "decoder_hidden_size": 32},
    "yolos": {
        "image_size": [64, 64],
        "patch_size": 16,
        "num_detection_tokens": 10,
        "use_mid_position_embeddings": False,
    },
    "xlstm": {"qk_dim_factor": 1.0},  # narrower queries would be rounded up, and their state not
    "hubert": _SPEECH,
    "wav2vec2": _SPEECH,
    "vits": {
        "flow_size": 32,
        "spectrogram_bins": 33,
        "upsample_initial_channel": 64,
        "posterior_encoder_num_wavenet_layers": 2,
        "prior_encoder_num_flows": 2,
        "prior_encoder_num_wavenet_layers": 2,
        "duration_predictor_filter_channels": 32,
        "duration_predictor_num_flows": 2,
        "depth_separable_num_layers": 2,
    },
    "wavlm": _SPEECH,
}
"""Sizes that only one architecture has, by model type."""


def sizes(hidden: Any, heads: Any) -> dict[str, Any]:
    """Give small sizes that fit each other, by the names they have in any architecture.

    Args:
        hidden: Width of the layers.
        heads: Number of attention heads.

    Raises:
        SourceError: The one cannot be divided by the other.
    """
    try:
        each, shared = max(2, hidden // heads), heads // 2 if heads % 2 == 0 else heads
    except (TypeError, ZeroDivisionError) as error:
        raise SourceError(
            f"a hidden size of {hidden!r} cannot be divided among {heads!r} attention heads",
            "Give whole numbers above zero.",
        ) from error
    layers = dict.fromkeys(
        ("num_hidden_layers", "num_layers", "num_decoder_layers", "encoder_layers",
         "decoder_layers"), LAYERS,
    )  # fmt: skip
    widths = dict.fromkeys(
        ("hidden_size", "embedding_size", "d_model", "word_embed_proj_dim", "pooler_hidden_size",
         "true_hidden_size", "intra_bottleneck_size", "upsample_groups", "embedding_dim",
         "attention_hidden_size", "hidden_size_global", "cross_hidden_size"), hidden,
    )  # fmt: skip
    inner = dict.fromkeys(
        ("intermediate_size", "hidden_dim", "d_ff", "ffn_dim", "d_inner", "encoder_ffn_dim",
         "decoder_ffn_dim", "moe_intermediate_size", "shared_expert_intermediate_size",
         "ffn_hidden_size"), 2 * hidden,
    )  # fmt: skip
    counts = dict.fromkeys(
        ("num_attention_heads", "encoder_attention_heads", "decoder_attention_heads"), heads
    )
    per_head = dict.fromkeys(
        ("head_dim", "d_kv", "d_head", "rotary_dim", "qk_nope_head_dim", "qk_rope_head_dim",
         "v_head_dim", "kv_lora_rank", "q_lora_rank"), each,
    )  # fmt: skip
    experts = dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts"), _EXPERTS)
    routing = {"num_experts_per_tok": 2, "n_group": 1, "topk_group": 1}
    lengths = dict.fromkeys(("max_position_embeddings", "context_length"), 512)
    return {
        "vocab_size": 512,
        "image_size": 32,
        "patch_size": 8,
        "projection_dim": hidden,
        "max_source_positions": 100,
        "num_key_value_heads": shared,
        **layers,
        **widths,
        **inner,
        **counts,
        **per_head,
        "qk_head_dim": 2 * each,
        "hidden_size_per_layer_input": each,
        **experts,
        **routing,
        **lengths,
    }
