"""Made-up tensors by the names that models have for their inputs, sized by a configuration."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
from transformers import PretrainedConfig

_TOKENS = 8
_STEPS = 128
_SAMPLES = 16_000
_SIDE = 224
_MELS = 80
_NODES = 4
_MOST = 1000
_PARTS = ("encoder", "decoder", "vision_config", "text_config", "audio_config", "backbone_config")

Maker = Callable[[PretrainedConfig], torch.Tensor]


def _fact(config: PretrainedConfig, *names: str) -> Any:
    """Find a field of a configuration or, where it has none of them, of its parts."""
    for name in names:
        if (value := getattr(config, name, None)) is not None:
            return value
    for name in dict.fromkeys([*cast("Mapping[str, Any]", config.sub_configs), *_PARTS]):
        part = getattr(config, name, None)
        if isinstance(part, PretrainedConfig) and (value := _fact(part, *names)) is not None:
            return value
    return None


def _number(config: PretrainedConfig, usual: int, *names: str) -> int:
    value = _fact(config, *names)
    return int(value) if isinstance(value, int | float) else usual


def _sides(config: PretrainedConfig) -> tuple[int, int]:
    match _fact(config, "image_size", "input_size", "max_img_size"):
        case [int(height), int(width), *_]:
            return height, width
        case {"height": int(height), "width": int(width)}:
            return height, width
        case [int(side)] | int(side) if side > 1:
            return side, side
        case _:
            return _SIDE, _SIDE


def _whole(shape: tuple[int, ...], below: int) -> torch.Tensor:
    return torch.randint(0, max(2, min(below, _MOST)), shape)


def _ones(*shape: int) -> torch.Tensor:
    return torch.ones(shape, dtype=torch.long)


def _steps(config: PretrainedConfig) -> int:
    """Length of a text; at least that of an image in it, where it has the place of so many."""
    return max(_TOKENS, _number(config, 0, "latent_query_num"))


def _tokens(config: PretrainedConfig) -> torch.Tensor:
    """Token ids; where several are given at once, of text and sound, as many a step."""
    several = _number(config, 0, "num_codebooks", "channels")
    size = _number(config, 100, "vocab_size")
    sound = getattr(config, "codebook_size", None) or getattr(config, "codebook_vocab_size", None)
    if several and isinstance(sound, int):
        text = 1 if getattr(config, "frame_size", None) else 0
        return _whole((1, _TOKENS, several + text), min(size, sound))
    return _whole((1, _steps(config)), size)


def _decoder_tokens(config: PretrainedConfig) -> torch.Tensor:
    if delays := getattr(config, "delay_pattern", None):
        return _whole((1, _TOKENS, len(delays)), _MOST)
    if books := getattr(getattr(config, "decoder", None), "num_codebooks", None):
        return _whole((books, _TOKENS), _number(config, _MOST, "vocab_size"))
    return _tokens(config)


def _pixels(config: PretrainedConfig) -> torch.Tensor:
    """An image; several where a model sees frames, patches where it has them cut already."""
    seen = _part(config, "vision_config")
    patches = getattr(seen, "num_patches", None)
    if isinstance(patches, int) and not hasattr(seen, "image_size"):
        each = _number(config, 16, "patch_size") ** 2 * _number(config, 3, "num_channels")
        return torch.rand(1, patches, each)
    height, width = _sides(config)
    if ratios := getattr(config, "scaled_images_ratios", None):
        height = width = int(_number(config, _SIDE, "patch_size") / min(ratios))
    channels = _number(config, 3, "num_channels", "in_channels", "in_chans")
    frames = getattr(_part(config, "vision_config"), "num_frames", None)
    height //= 2 if hasattr(config, "merge_index") else 1  # the prompt is the other half
    image = torch.rand(1, channels, height, width)
    if hasattr(config, "perceiver_config"):  # as many images as a text has
        frames = 1
    elif hasattr(config, "video_token_index") and hasattr(config, "num_query_tokens"):
        frames = 4
    return image.unsqueeze(1).repeat(1, frames, 1, 1, 1) if isinstance(frames, int) else image


def _part(config: PretrainedConfig, name: str) -> PretrainedConfig:
    part = getattr(config, name, None)
    return part if isinstance(part, PretrainedConfig) else config


def _video(config: PretrainedConfig) -> torch.Tensor:
    frames = 2 * _number(config, 2, "tubelet_size")
    height, width = (_number(config, _SIDE, "crop_size"),) * 2
    return torch.rand(1, frames, _number(config, 3, "num_channels", "in_chans"), height, width)


def _samples(config: PretrainedConfig) -> torch.Tensor:
    """A recording: samples, samples a channel for codecs, mel bins for models of spectrograms."""
    bins, steps = getattr(config, "num_mel_bins", None), getattr(config, "max_length", None)
    if bins and isinstance(steps, int) and steps > _MOST:
        return torch.rand(1, steps, int(bins))
    if hasattr(config, "codebook_size"):
        return torch.rand(1, _number(config, 1, "audio_channels"), _SAMPLES)
    return torch.rand(1, _SAMPLES)


def _features(config: PretrainedConfig) -> torch.Tensor:
    """What is heard, as mel bins: over time first, or bins first for the family of Whisper."""
    if (each := getattr(config, "feature_projection_input_dim", None)) is not None:
        return torch.rand(1, _STEPS, each)
    if isinstance(positions := _fact(config, "max_source_positions"), int):
        if (each := _fact(config, "input_feat_per_channel")) is None:
            return torch.rand(1, _number(config, _MELS, "num_mel_bins"), 2 * positions)
        return torch.rand(1, _STEPS, each * _number(config, 1, "input_channels"))
    if (each := _fact(config, "input_feat_per_channel")) is not None:
        return torch.rand(1, _STEPS, each * _number(config, 1, "input_channels"))
    if isinstance(_fact(config, "spec_size"), int):
        return torch.rand(1, 1, 1001, _number(config, 64, "num_mel_bins"))
    if (feature := _fact(config, "feature_size")) is not None and hasattr(config, "speech_config"):
        return torch.rand(1, feature, _STEPS)
    return torch.rand(1, _STEPS, _number(config, _MELS, "num_mel_bins", "feature_size"))


def _flattened(config: PretrainedConfig) -> torch.Tensor:
    """Patches of an image, each after its row and its column."""
    each = 3 * _number(config, 16, "patch_size") ** 2
    return torch.cat([_ones(1, _TOKENS, 2).float(), torch.rand(1, _TOKENS, each)], dim=2)


def _boxes(config: PretrainedConfig) -> torch.Tensor:
    corners = torch.tensor([0, 0, 10, 10])
    return corners.repeat(1, _TOKENS, 1)


def _series(config: PretrainedConfig) -> torch.Tensor:
    """A past: of one value, or of as many as there are channels."""
    channels = getattr(config, "num_input_channels", None)
    if channels:
        return torch.rand(1, _past(config), int(channels))
    width = _number(config, 1, "input_size")
    return torch.rand(1, _past(config)) if width == 1 else torch.rand(1, _past(config), width)


def _past(config: PretrainedConfig) -> int:
    lags: Any = getattr(config, "lags_sequence", None) or [0]
    return _number(config, 32, "context_length") + max(lags)


def _future(config: PretrainedConfig) -> int:
    return _number(config, 8, "prediction_length")


def _times(config: PretrainedConfig) -> int:
    names = ("num_time_features", "num_dynamic_real_features")
    return sum(_number(config, 0, name) for name in names)


def _prompt(config: PretrainedConfig) -> torch.Tensor:
    return _pixels(config)


def _edges(config: PretrainedConfig) -> torch.Tensor:
    shape = (1, _NODES, _NODES, _number(config, 5, "multi_hop_max_dist"), 1)
    return _whole(shape, _number(config, 2, "num_edges"))


MAKERS: Mapping[str, Maker] = {
    "input_ids": _tokens,
    "decoder_input_ids": _decoder_tokens,
    "qformer_input_ids": lambda config: _whole((1, _TOKENS), _number(config, 100, "vocab_size")),
    "attention_mask": lambda config: _ones(1, _steps(config)),
    "image_attention_mask": lambda _: _ones(1, _TOKENS, 1),
    "image_embeds_position_mask": lambda config: _ones(1, _steps(config)).bool(),
    "token_type_ids": lambda _: torch.zeros(1, _TOKENS, dtype=torch.long),
    "bbox": _boxes,
    "pixel_values": _pixels,
    "pixel_values_videos": _video,
    "pixel_attention_mask": lambda c: _ones(1, int(_pixels(c).shape[1])),
    "spatial_shapes": lambda c: torch.full((1, 2), round(int(_pixels(c).shape[1]) ** 0.5)),
    "prompt_pixel_values": _prompt,
    "prompt_masks": _prompt,
    "task_inputs": lambda c: _whole((1, _number(c, 77, "task_seq_len")), 100),
    "flattened_patches": _flattened,
    "encoder_hidden_states": lambda c: torch.rand(
        1, _TOKENS, _number(c, 768, "encoder_hidden_size", "hidden_size")
    ),
    "query_embeds": lambda c: torch.rand(1, _TOKENS, _number(c, 768, "hidden_size")),
    "visual_feats": lambda c: torch.rand(1, _TOKENS, _number(c, 2048, "visual_feat_dim")),
    "visual_pos": lambda c: torch.rand(1, _TOKENS, _number(c, 4, "visual_pos_dim")),
    "input_values": _samples,
    "audio_values": lambda c: torch.rand(
        1, 1, _number(c, 2048, "audio_length"), _number(c, 128, "frequency_length")
    ),
    "input_features": _features,
    "is_longer": lambda _: torch.zeros(1, 1, dtype=torch.bool),
    "audio_mel": lambda c: torch.rand(1, _STEPS, _number(c, 128, "input_feat_size")),
    "audio_mel_mask": lambda _: torch.zeros(1, _STEPS, dtype=torch.bool),
    "past_values": _series,
    "past_values_padding": lambda c: torch.zeros(1, _past(c), dtype=torch.long),
    "freq": lambda _: torch.zeros(1, 1, dtype=torch.long),
    "past_time_features": lambda c: torch.rand(1, _past(c), _times(c)),
    "past_observed_mask": lambda c: torch.ones_like(_series(c)),
    "future_values": lambda c: torch.rand(1, _future(c), *_series(c).shape[2:]),
    "future_time_features": lambda c: torch.rand(1, _future(c), _times(c)),
    "states": lambda c: torch.rand(1, _TOKENS, _number(c, 17, "state_dim")),
    "actions": lambda c: torch.rand(1, _TOKENS, _number(c, 4, "act_dim")),
    "rewards": lambda _: torch.rand(1, _TOKENS, 1),
    "returns_to_go": lambda _: torch.rand(1, _TOKENS, 1),
    "timesteps": lambda _: torch.arange(_TOKENS).unsqueeze(0),
    "trajectories": lambda c: _whole((1, _TOKENS), _number(c, 100, "vocab_size")),
    "input_nodes": lambda c: _whole((1, _NODES, 1), _number(c, 2, "num_atoms")),
    "input_edges": _edges,
    "attn_bias": lambda _: torch.zeros(1, _NODES + 1, _NODES + 1),
    "in_degree": lambda c: _whole((1, _NODES), _number(c, 2, "num_in_degree")),
    "out_degree": lambda c: _whole((1, _NODES), _number(c, 2, "num_out_degree")),
    "spatial_pos": lambda c: _whole((1, _NODES, _NODES), _number(c, 2, "num_spatial")),
    "attn_edge_type": lambda c: _whole((1, _NODES, _NODES, 1), _number(c, 2, "num_edges")),
    "classes_input_ids": _tokens,
    "classes_attention_mask": lambda _: _ones(1, _TOKENS),
    "classes_structure": lambda _: _ones(1),
    "tasks_input_ids": _tokens,
    "tasks_attention_mask": lambda _: _ones(1, _TOKENS),
    "context_input_ids": lambda c: _whole(
        (_number(c, 1, "n_docs"), _TOKENS), _number(c, _MOST, "vocab_size")
    ),
    "context_attention_mask": lambda c: _ones(_number(c, 1, "n_docs"), _TOKENS),
    "doc_scores": lambda c: torch.rand(1, _number(c, 1, "n_docs")),
    "input_ids_query": _tokens,
    "attention_mask_query": lambda _: _ones(1, _TOKENS),
    "input_ids_doc": _tokens,
    "attention_mask_doc": lambda _: _ones(1, _TOKENS),
}
"""What makes each tensor, for a batch of one."""
