"""Keys of a configuration that a class makes nothing of, and that say something all the same.

A class knows the keys that its instances have. Of others, one that is off says nothing, some are
about training, speed or the file itself, and some say what the class does anyway.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from math import inf
from operator import itemgetter
from typing import Any, cast

from transformers import AutoConfig, PretrainedConfig

from runner.errors import raise_if_ours
from runner.packaging import rope

_HARMLESS = (
    "_*", "architectures", "auto_map", "dtype", "torch_dtype", "transformers_version",
    "model_type", "quantization_config", "task_specific_params", "tokenizer_class",
    "*dropout*", "*initializer*", "*loss*", "aux_*", "seq_aux", "output_*", "use_cache",
    "gradient_checkpointing", "pretraining_tp", "num_nextn_predict_layers", "unsloth*",
    "use_*mambapy", "use_mamba_kernels", "use_associative_scan", "reference_compile",
    "stage_names", "out_features", "out_indices", "bos_token_id", "eos_token_id", "pad_token_id",
    "sep_token_id", "decoder_start_token_id", "attn_implementation",
)  # fmt: skip
"""About training, speed, the file itself, tokens (which ``generation_config.json`` has), or what
of the layers a backbone gives out."""
_AS_EVER: Mapping[str, Any] = {
    "IdeficsConfig.max_position_embeddings": 2048,
    "PaliGemmaConfig.use_bidirectional_attention": True,
    "apply_layernorm": True,
    "convolution_bias": True,
    "decoder_bbox_embed_share": True,
    "decoder_cls_embed_share": True,
    "max_cond_frame_num": -1,
    "pooler_act": "tanh",
    "position_embedding_type": "absolute",
    "projector_use_layernorm": True,
    "reshape_hidden_states": True,
    "rope_theta": 10_000.0,
    "stage_downsample_strides": [2, 2, 2, 2],
    "stem_strides": [2, 1, 1, 2, 1],
    "swiglu_alpha": 1.702,
    "swiglu_limit": 7.0,
    "time_step_limit": [0.0, inf],
    "use_head": True,
    "vision_use_head": True,
}
"""Choices that only one of the versions has, with the one that the other always makes; under
the name of a class where it is of that class alone, or of its parts."""
_MADE_OF: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "head_dim": lambda said: said["d_model"] // said["decoder_attention_heads"],
    "pooler_output_size": itemgetter("hidden_size"),
    "qk_head_dim": lambda said: said["qk_nope_head_dim"] + said["qk_rope_head_dim"],
    "scale": lambda said: said["hidden_size"] // 2,
}
"""What only one of the versions writes down, and both make of other keys."""


def unknown(
    kind: type[PretrainedConfig],
    said: Mapping[str, Any],
    prefix: str = "",
    usual: Mapping[str, Any] | None = None,
    whole: str = "",
) -> Iterator[tuple[str, Any]]:
    """Give what is said and neither known, nor off, nor harmless, nor as it ever is.

    Args:
        kind: The class that reads it.
        said: What is said to it.
        prefix: Where it stands in the file.
        usual: What the class that it is a part of says to it by itself.
        whole: Name of that class.
    """
    understood, inside = known(kind), dict(parts(kind, said))
    by_itself = usual or {}
    for name, value in said.items():
        if name in inside:
            of_part = _usual(kind).get(name)
            yield from unknown(inside[name], value, f"{prefix}{name}.", of_part, kind.__name__)
        elif (
            name in understood
            or not value
            or by_itself.get(name) == value
            or any(fnmatchcase(name, pattern) for pattern in _HARMLESS)
        ):
            continue
        elif not _is_as_ever(name, value, said, whole or kind.__name__):
            yield prefix + name, value


def _is_as_ever(name: str, value: Any, said: Mapping[str, Any], whole: str) -> bool:
    """Say whether a value is what the other version always has, or makes of other keys."""
    if value in (_AS_EVER.get(name), _AS_EVER.get(f"{whole}.{name}")):
        return True
    try:
        return name in _MADE_OF and _MADE_OF[name](said) == value
    except (KeyError, TypeError, ZeroDivisionError):  # a class that has not those keys
        return False


def _usual(kind: type[PretrainedConfig]) -> Mapping[str, Any]:
    """Give what a class says where nobody tells it anything."""
    try:
        return kind().to_dict()
    except Exception as error:  # made of others: it has no usual form
        raise_if_ours(error)
        return {}


def known(kind: type[PretrainedConfig]) -> set[str]:
    """Give the keys that a class of configurations makes something of."""
    try:
        usual = kind()
    except Exception as error:  # made of others: it has no usual form
        raise_if_ours(error)
        usual = PretrainedConfig()
    own = {*usual.to_dict(), *PretrainedConfig().to_dict(), *vars(usual), *kind.attribute_map}
    read = {rope.TRAINED_FOR} if own & {rope.SCALING, rope.KEY} else set[str]()
    return own | read | {*inspect.signature(kind.__init__).parameters, *_inside(kind)} - {"kwargs"}


def _inside(kind: type[PretrainedConfig]) -> Mapping[str, Any]:
    """Give the configurations that a class lists inside its own; those with a backbone find out."""
    parts: Any = kind.sub_configs
    return cast("Mapping[str, Any]", parts) if isinstance(parts, dict) else {}


def parts(
    kind: type[PretrainedConfig], said: Mapping[str, Any]
) -> Iterator[tuple[str, type[PretrainedConfig]]]:
    """Give the configurations inside one, by their keys."""
    for name, part in _inside(kind).items():
        inside = said.get(name)
        if not isinstance(inside, dict) or not inside:
            continue
        if part is not AutoConfig:
            yield name, part
        elif inside.get("model_type"):
            yield name, type(AutoConfig.for_model(str(inside["model_type"])))
