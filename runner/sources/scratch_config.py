"""A small configuration of any architecture."""

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from runner.errors import SourceError
from runner.spelling import did_you_mean

if TYPE_CHECKING:
    from transformers import PretrainedConfig

_HIDDEN_SIZE = 32
_HEADS = 4
_LAYERS = 2
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
_PER_ARCHITECTURE: Mapping[str, Mapping[str, Any]] = {
    "funnel": {"block_sizes": [1, 1], "block_repeats": [1, 1]},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "longformer": {"attention_window": 16},
    "mamba2": {"num_heads": 8, "n_groups": 1},
    "qwen3_next": {"full_attention_interval": 2},
    "segformer": {
        "hidden_sizes": [8, 16, 32, 32],
        "depths": [1, 1, 1, 1],
        "num_attention_heads": [1, 2, 2, 4],
        "decoder_hidden_size": 32,
    },
    "glpn": {
        "hidden_sizes": [8, 16, 32, 32],
        "depths": [1, 1, 1, 1],
        "num_attention_heads": [1, 2, 2, 4],
        "decoder_hidden_size": 32,
    },
    "yolos": {
        "image_size": [64, 64],
        "patch_size": 16,
        "num_detection_tokens": 10,
        "use_mid_position_embeddings": False,
    },
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
_BY_THE_RECIPE = {
    "dtype": "It is the recipe's own `dtype`.",
    "torch_dtype": "It is the recipe's own `dtype`.",
    "id2label": "Write `labels` instead.",
    "label2id": "Write `labels` instead.",
    "num_labels": "Write `labels` instead.",
    "model_type": "It is `architecture`.",
    "architectures": "It follows from the task.",
    "transformers_version": "It is the installed one.",
}


def small_config(
    architecture: str, given: Mapping[str, Any], labels: list[str] | None
) -> "PretrainedConfig":
    """Make a configuration whose sizes are small and fit each other.

    Args:
        architecture: A transformers model type.
        given: Fields by their own name or the one transformers' ``attribute_map`` has for them;
            the sizes that are not given follow from those that are.
        labels: Names of the labels; transformers' own default where absent.

    Returns:
        The configuration; its token ids are still the architecture's defaults.

    Raises:
        SourceError: A field does not exist, or sizes do not fit each other.
    """
    default = _default(architecture)
    values = _values(default, given)
    if labels:
        values["id2label"] = dict(enumerate(labels))
        values["label2id"] = {label: number for number, label in enumerate(labels)}
    try:
        config = type(default)(**values)
    except Exception as error:
        raise SourceError(
            f"no {architecture} configuration can be made of these fields: "
            f"{str(error).partition(chr(10))[0]}",
            "Give sizes that fit each other under `config`, or none at all.",
        ) from error
    _check_sizes(config)
    return config


def _default(architecture: str) -> "PretrainedConfig":
    from transformers import AutoConfig

    try:
        return AutoConfig.for_model(architecture)
    except Exception as error:
        raise SourceError(
            f"{architecture} has no configuration of its own to start from: "
            f"{str(error).partition(chr(10))[0]}",
            "Take the architecture of one of its parts.",
        ) from error


def _values(default: "PretrainedConfig", given: Mapping[str, Any]) -> dict[str, Any]:
    renamed = cast("Mapping[str, str]", default.attribute_map)
    fields = _fields(default)
    for key, value in given.items():
        _check_field(default, key, value, {*fields, *renamed})
    own = {renamed.get(key, key): value for key, value in given.items()}
    hidden = own.get(renamed.get("hidden_size", "hidden_size"), _HIDDEN_SIZE)
    heads = own.get(renamed.get("num_attention_heads", "num_attention_heads"), _HEADS)
    small = {renamed.get(key, key): value for key, value in _sizes(hidden, heads).items()}
    small |= _PER_ARCHITECTURE.get(default.model_type, {})
    values = {key: value for key, value in small.items() if key in fields}
    for key, part in _parts(default).items():
        inside = own.pop(key, {})
        if not isinstance(inside, dict):
            raise SourceError(f"`{key}` of the {default.model_type} configuration takes fields", "")
        fields_inside = _values(part, cast("dict[str, Any]", inside))
        values[key] = {"model_type": part.model_type, **fields_inside}
    return {**values, **own}


def _parts(default: "PretrainedConfig") -> dict[str, "PretrainedConfig"]:
    """Give the configurations inside a multimodal one, such as ``text_config``."""
    names = cast("Mapping[str, Any]", default.sub_configs)
    return {name: part for name in names if (part := getattr(default, name, None)) is not None}


def _fields(default: "PretrainedConfig") -> set[str]:
    parameters = set(inspect.signature(type(default).__init__).parameters)
    return {*default.to_dict(), *parameters} - {"self", "kwargs"}


def _check_field(default: "PretrainedConfig", key: str, value: Any, known: set[str]) -> None:
    name = f"`{key}` of the {default.model_type} configuration"
    if key in _BY_THE_RECIPE:
        raise SourceError(f"{name} cannot be set under `config`", _BY_THE_RECIPE[key])
    if key.endswith("_token_id"):
        raise SourceError(
            f"{name} cannot be set under `config`", "It follows from the tokenizer that is made."
        )
    if key not in known:
        raise SourceError(
            f"`{key}` is not a field of the {default.model_type} configuration",
            did_you_mean(key, (k for k in known if not k.startswith("_"))),
        )
    usual = getattr(default, key, None)
    if isinstance(usual, int | float) and not isinstance(value, int | float | list | None):
        raise SourceError(f"{name} takes a number, not {value!r}", f"It is usually {usual}.")


def _sizes(hidden: Any, heads: Any) -> dict[str, Any]:
    """Give small sizes under the names they have in one architecture or another."""
    try:
        each, shared = max(2, hidden // heads), heads // 2 if heads % 2 == 0 else heads
    except (TypeError, ZeroDivisionError) as error:
        raise SourceError(
            f"a hidden size of {hidden!r} cannot be divided among {heads!r} attention heads",
            "Give whole numbers above zero.",
        ) from error
    layers = dict.fromkeys(
        ("num_hidden_layers", "num_layers", "num_decoder_layers", "encoder_layers",
         "decoder_layers"), _LAYERS,
    )  # fmt: skip
    widths = dict.fromkeys(
        ("hidden_size", "embedding_size", "d_model", "word_embed_proj_dim", "pooler_hidden_size",
         "true_hidden_size", "intra_bottleneck_size"), hidden,
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
        **experts,
        **routing,
        **lengths,
    }


def _check_sizes(config: "PretrainedConfig") -> None:
    hidden, heads, shared = (
        getattr(config, name, None)
        for name in ("hidden_size", "num_attention_heads", "num_key_value_heads")
    )
    if not isinstance(hidden, int) or not isinstance(heads, int):
        return
    free = {"head_dim", "d_kv", "kv_lora_rank"} & set(config.to_dict())
    if heads <= 0 or (hidden % heads and not free):
        raise SourceError(
            f"a hidden size of {hidden} cannot be divided among {heads} attention heads",
            f"Take a multiple of {heads}, such as {max(1, hidden // max(1, heads)) * heads}."
            if heads > 0
            else "Give at least one head.",
        )
    if isinstance(shared, int) and (shared <= 0 or heads % shared):
        raise SourceError(
            f"{heads} attention heads cannot share {shared} key-value heads",
            "Take a number that divides the attention heads.",
        )
