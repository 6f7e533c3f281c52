"""A configuration that another version of transformers wrote, in the words of the installed one.

transformers keeps a key that it does not know and makes no use of it. So a key of another version
that changes the model would change it no more, without a word. Which keys do: a class knows the
keys that its instances have. Of others, one that is off says nothing, some are known to be about
training, speed or the file itself, and what an older version wrote is a leftover, since newer ones
go on reading what they ever read. What is left was written by a newer version, for a reason.
"""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, cast

import transformers
from packaging.version import InvalidVersion, Version
from transformers import AutoConfig, PretrainedConfig

from runner.errors import SourceError, first_line, raise_if_ours
from runner.packaging import rope
from runner.sources import Checkpoint
from runner.sources.checkpoint.config_values import CONFIG, read_values

_HARMLESS = (
    "_*", "architectures", "auto_map", "dtype", "torch_dtype", "transformers_version",
    "model_type", "quantization_config", "task_specific_params", "tokenizer_class",
    "*dropout*", "*initializer*", "*loss*", "aux_*", "seq_aux", "output_*", "use_cache",
    "gradient_checkpointing", "pretraining_tp", "num_nextn_predict_layers", "unsloth*",
    "use_*mambapy", "use_mamba_kernels", "use_associative_scan", "reference_compile",
    "stage_names", "out_features", "out_indices", "bos_token_id", "eos_token_id", "pad_token_id",
    "sep_token_id", "decoder_start_token_id",
)  # fmt: skip
"""About training, speed, the file itself, tokens (which ``generation_config.json`` has), or what
of the layers a backbone gives out."""
_AS_EVER: Mapping[str, Any] = {
    "apply_layernorm": True,
    "convolution_bias": True,
    "decoder_bbox_embed_share": True,
    "decoder_cls_embed_share": True,
    "max_cond_frame_num": -1,
    "pooler_act": "tanh",
    "position_embedding_type": "absolute",
    "projector_use_layernorm": True,
    "reshape_hidden_states": True,
    "swiglu_alpha": 1.702,
    "swiglu_limit": 7.0,
    "use_head": True,
    "vision_use_head": True,
}
"""Choices that only one of the versions has, with the one that the other always makes."""
_DECISIVE = ("position_embedding_type", "pruned_heads", "tie_encoder_decoder")
"""What transformers 5 has given up: it changed the model, whoever wrote it."""


@dataclass
class Reading:
    """A configuration as it was read.

    Args:
        config: The configuration, in the words of the installed version.
        translated: Whether the file says it otherwise.
        notes: Keys that nobody makes use of, a sentence each.
    """

    config: PretrainedConfig
    translated: bool = False
    notes: list[str] = field(default_factory=list[str])


def understood(
    config: PretrainedConfig, checkpoint: Checkpoint, fields: Mapping[str, Any] | None = None
) -> Reading:
    """See that a configuration says no more than the installed version makes use of.

    Args:
        config: The configuration, as transformers read it.
        checkpoint: Where its file lies.
        fields: What is said otherwise than there.

    Returns:
        The configuration, with what it says in words of another version said in its own.

    Raises:
        SourceError: It says something that changes the model, and that this version has no words
            for.
    """
    said = read_values(checkpoint.folder)
    ours = type(config).__module__.startswith("transformers.")  # not code that came with it
    if not said or checkpoint.gguf or not ours:
        return Reading(config)
    words = _translated(type(config), said)
    reading = Reading(config)
    if words != said:
        reading = Reading(_made_of(type(config), words, checkpoint), translated=True)
        for name, value in (fields or {}).items():
            setattr(reading.config, name, value)
    newer = _is_newer(str(said.get("transformers_version") or ""))
    unknown = dict(_unknown(type(config), words, ""))
    lost = {k: v for k, v in unknown.items() if newer or k.rpartition(".")[2] in _decisive(v, k)}
    if lost:
        shown = ", ".join(f"`{key}: {value}`" for key, value in lost.items())
        raise SourceError(
            f"{checkpoint.folder / CONFIG} says {shown}, which changes the model and which "
            f"transformers {transformers.__version__} does not know",
            f"Install the version that wrote it, {said.get('transformers_version') or 'unknown'}.",
        )
    if unknown:
        reading.notes.append(
            f"{CONFIG} of {checkpoint.name} says {', '.join(unknown)}, of which transformers "
            f"{transformers.__version__} makes no use"
        )
    return reading


def _made_of(
    kind: type[PretrainedConfig], words: Mapping[str, Any], checkpoint: Checkpoint
) -> PretrainedConfig:
    try:
        return kind.from_dict({**words})
    except Exception as error:
        raise_if_ours(error)
        raise SourceError(
            f"{checkpoint.folder / CONFIG} says what the {kind.__name__} of transformers "
            f"{transformers.__version__} does not take: {first_line(error)}",
            "Install the version that wrote it.",
        ) from error


def _is_newer(version: str) -> bool:
    try:
        written, here = Version(version), Version(transformers.__version__)
    except InvalidVersion:
        return False
    return written.release[:2] > here.release[:2]


def _decisive(value: Any, key: str) -> tuple[str, ...]:
    """Give the keys that count, whoever wrote them; positions only if they need weights."""
    relative = str(value).startswith("relative_key")
    return _DECISIVE if relative or not key.endswith(_DECISIVE[0]) else _DECISIVE[1:]


def _translated(kind: type[PretrainedConfig], said: Mapping[str, Any]) -> dict[str, Any]:
    """Say in the words of a class what is said in those of another version."""
    known, words = _known(kind), dict(said)
    for name, part in _parts(kind, said):
        words[name] = _translated(part, said[name])
    parameters = said.get(rope.KEY)
    if isinstance(parameters, dict) and rope.KEY not in known:
        given = cast("dict[str, Any]", parameters)
        if said.get(rope.TRAINED_FOR):  # beside it, it counts
            given = {**given, rope.TRAINED_FOR: said[rope.TRAINED_FOR]}
        if (otherwise := rope.translated(given, known)) is not None:
            words.pop(rope.KEY)
            words |= otherwise
    if words.get("scale_decoder_outputs") is not None and "scale_decoder_outputs" not in known:
        words["tie_word_embeddings"] = words.pop("scale_decoder_outputs")
    layers = said.get("layer_types")
    if "layer_types" not in known and isinstance(layers, list):
        every = _every_nth(cast("list[Any]", layers))
        if every == 1 or (every and "global_attn_every_n_layers" in known):
            words.pop("layer_types")
            words |= {"global_attn_every_n_layers": every} if every > 1 else {}
    return words


def _every_nth(layers: list[Any]) -> int:
    """Give how often a layer attends to everything, where that is regular; else 0."""
    full = [number for number, kind in enumerate(layers) if kind == "full_attention"]
    step = (full[1] if len(full) > 1 else len(layers)) if full else 0
    return step if step and full == list(range(0, len(layers), step)) else 0


def _unknown(
    kind: type[PretrainedConfig], said: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, Any]]:
    """Give what is said and neither known, nor off, nor harmless, nor as it ever is."""
    known, parts = _known(kind), dict(_parts(kind, said))
    for name, value in said.items():
        if name in parts:
            yield from _unknown(parts[name], value, f"{prefix}{name}.")
        elif name in known or not value or _AS_EVER.get(name) == value:
            continue
        elif not any(fnmatchcase(name, pattern) for pattern in _HARMLESS):
            yield prefix + name, value


def _known(kind: type[PretrainedConfig]) -> set[str]:
    """Give the keys that a class of configurations makes something of."""
    try:
        usual = kind()
    except Exception as error:  # made of others: it has no usual form
        raise_if_ours(error)
        usual = PretrainedConfig()
    own = {*usual.to_dict(), *PretrainedConfig().to_dict(), *vars(usual), *kind.attribute_map}
    read = {rope.TRAINED_FOR} if rope.SCALING in own else set[str]()
    return own | read | {*inspect.signature(kind.__init__).parameters, *_inside(kind)} - {"kwargs"}


def _inside(kind: type[PretrainedConfig]) -> Mapping[str, Any]:
    """Give the configurations that a class lists inside its own; those with a backbone find out."""
    parts: Any = kind.sub_configs
    return cast("Mapping[str, Any]", parts) if isinstance(parts, dict) else {}


def _parts(
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
