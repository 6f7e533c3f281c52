"""Shrink a configuration: fewer and narrower layers, and everything that callers notice kept."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from transformers import PretrainedConfig

from runner.sources.scratch.small_sizes import LAYERS, PER_ARCHITECTURE, sizes

_HIDDEN_SIZE = 64
_HEADS = 4
_MOST_LAYERS = 4
_KEPT = {
    "vocab_size", "image_size", "patch_size", "max_position_embeddings", "context_length",
    "max_source_positions",
}  # fmt: skip
"""Sizes of what goes in: the real tokenizer and processor must still fit."""
_LAYER_COUNTS = (
    "num_hidden_layers", "num_layers", "num_decoder_layers", "encoder_layers", "decoder_layers",
    "depth",
)  # fmt: skip
_DEPTHS = ("depths", "num_blocks", "layers_per_stage")
_OF_LAYERS = {"first_k_dense_replace": 1, "num_kv_shared_layers": 0, "num_blocks": 1}
"""Counts of layers that are otherwise, with the most there can be among few."""
_FOLLOWING = ("out_features", "out_indices", "stage_names")
"""What a backbone makes of its layers."""
_DERIVED = (
    "stage_in_channels", "stage_block_stride", "stage_block_out_channels",
    "stage_block_in_channels", "fine_fusion_dims", "attention_hidden_size", "attention_head_dim",
)  # fmt: skip
"""What a class makes of other sizes, writes down all the same, and would take for said."""
_ROPE = ("rope_scaling", "rope_parameters")


def with_fewer_layers(config: PretrainedConfig) -> PretrainedConfig:
    """Give a configuration with few layers, as wide as they were; each kind of layer is kept.

    Args:
        config: A configuration; parts of a multimodal one are shrunk as well.
    """
    return _made(config, _fewer(config), with_fewer_layers)


def shrunk(config: PretrainedConfig) -> PretrainedConfig:
    """Give a configuration with few and narrow layers.

    Args:
        config: A configuration. Vocabulary, token ids, labels, positions, and the sizes of images
            and recordings are kept; hidden sizes, heads, experts and layers become small, and
            stay divisible by each other as they were.
    """
    return _made(config, _narrower(config, _fewer(config)), shrunk)


def _made(
    config: PretrainedConfig,
    values: dict[str, Any],
    shrink: Callable[[PretrainedConfig], PretrainedConfig],
) -> PretrainedConfig:
    """Make a configuration of what is said anew, and of what its file would say."""
    said, written = config.to_dict(), config.to_diff_dict()
    values = {k: v for k, v in values.items() if k in written or v != said.get(k)}
    values = {k: v for k, v in values.items() if k not in _DERIVED}
    for name in vars(config).keys() | {*cast("Mapping[str, Any]", config.sub_configs)}:
        if isinstance(part := getattr(config, name, None), PretrainedConfig):
            values[name] = shrink(part).to_diff_dict()
    return type(config).from_dict(values)


def _fewer(config: PretrainedConfig) -> dict[str, Any]:
    """Keep the first layer of every kind; what is said layer by layer is said of those."""
    values = config.to_dict()
    names = [_own(config, name) for name in _LAYER_COUNTS]
    real = max((n for name in names if isinstance(n := values.get(name), int)), default=0)
    told = {k: v for k, v in values.items() if isinstance(v, list) and len(v) == real > LAYERS}
    seen = len(values.get("out_features") or ())
    chosen = _one_of_each(told.values(), real) if told else list(range(max(LAYERS, seen)))
    values |= {name: [each[number] for number in chosen] for name, each in told.items()}
    values |= {n: min(values[n], len(chosen)) for n in names if isinstance(values.get(n), int)}
    values |= {n: [1] * len(values[n]) for n in _DEPTHS if isinstance(values.get(n), list)}
    values |= {n: min(values[n], most) for n, most in _OF_LAYERS.items() if _counts(values.get(n))}
    if real > len(chosen):
        values = {k: v for k, v in values.items() if k not in _FOLLOWING}
        if seen > 1:  # as many features go on to what comes after a backbone
            values["out_indices"] = list(range(len(chosen) - seen + 1, len(chosen) + 1))
    return values


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _one_of_each(told: Iterable[list[Any]], layers: int) -> list[int]:
    """Give the number of the first layer of every kind; two at least, and not too many."""
    kinds = [repr(kind) for kind in zip(*told, strict=True)]
    first = sorted({kinds.index(kind) for kind in kinds})
    if len(first) > _MOST_LAYERS:
        first = first[:LAYERS]
    others = (number for number in range(layers) if number not in first)
    return sorted([*first, *others][: max(LAYERS, len(first))])


def _narrower(config: PretrainedConfig, values: dict[str, Any]) -> dict[str, Any]:
    hidden = _least(values.get(_own(config, "hidden_size")), _HIDDEN_SIZE)
    heads = _least(values.get(_own(config, "num_attention_heads")), _HEADS)
    small = {_own(config, name): value for name, value in sizes(hidden, heads).items()}
    small |= _of_architecture(config, values)
    kept = {_own(config, name) for name in (*_KEPT, *_LAYER_COUNTS, "num_key_value_heads")}
    for name, value in small.items():
        real: Any = values.get(name)
        if name not in kept and isinstance(real, type(value)):
            values[name] = min(real, value) if isinstance(value, int) else value
    _share_heads(config, values, heads)
    if _counts(values.get("mamba_n_heads")):
        inner = int(values.get("mamba_expand") or 2) * int(values[_own(config, "hidden_size")])
        inner = _least(values.get("mamba_d_ssm"), inner)
        values |= {"mamba_n_heads": heads, "mamba_d_head": inner // heads, "mamba_n_groups": 1}
        values |= {n: inner for n in ("mamba_d_ssm",) if values.get(n)}
    for name in _ROPE:
        if isinstance(rope := values.get(name), dict):
            head = int(values.get("head_dim") or hidden // heads)
            values[name] = _rotating(rope, head, head / _head_of(config))
    return values


def _of_architecture(config: PretrainedConfig, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the small sizes that an architecture has; a backbone keeps as many stages as it had."""
    small = PER_ARCHITECTURE.get(config.model_type, {})
    staged = "stage_names" in config.to_dict()
    lengths = [(k, len(v)) for k, v in small.items() if isinstance(v, list)]
    same = all(len(values[k]) == n for k, n in lengths if isinstance(values.get(k), list))
    return {} if staged and not same else small


def _share_heads(config: PretrainedConfig, values: dict[str, Any], heads: int) -> None:
    """Let as many heads share keys and values as did: all, some, or none."""
    name, real_heads = _own(config, "num_key_value_heads"), config.to_dict()
    shared, of = real_heads.get(name), real_heads.get(_own(config, "num_attention_heads"))
    attention = _own(config, "num_attention_heads")
    if attention != name and isinstance(own := values.get(attention), int):
        heads = own
    if isinstance(shared, int):
        values[name] = heads if shared == of else max(1, heads // 2) if shared > 1 else 1


def _head_of(config: PretrainedConfig) -> int:
    said: Any = config
    return getattr(said, "head_dim", None) or said.hidden_size // said.num_attention_heads


def _rotating(rope: Mapping[str, Any], head: int, share: float) -> dict[str, Any]:
    """Fit what is said of rotary positions to a smaller head, a share of what it was."""
    half = head // 2
    fitted = dict(rope)
    if isinstance(sections := rope.get("mrope_section"), list):
        rotated = round(share * sum(sections))
        shares = [max(1, rotated * int(part) // sum(sections)) for part in sections]
        fitted["mrope_section"] = [rotated - sum(shares[1:]), *shares[1:]]
    for name in ("short_factor", "long_factor"):
        if isinstance(factors := rope.get(name), list):
            share = float(rope.get("partial_rotary_factor") or 1)
            fitted[name] = factors[: int(half * share)]
    return fitted


def _own(config: PretrainedConfig, name: str) -> str:
    """Give the name that an architecture has for a field."""
    return cast("Mapping[str, str]", config.attribute_map).get(name, name)


def _least(real: Any, small: int) -> Any:
    return min(real, small) if _counts(real) else small
