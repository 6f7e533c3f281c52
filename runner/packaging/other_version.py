"""A configuration that another version of transformers wrote, in the words of the installed one.

transformers keeps a key that it does not know and makes no use of it. So a key of another version
that changes the model would change it no more, without a word. Which keys do, ``unknown_keys``
says. What of them an older version wrote is a leftover, since newer ones go on reading what they
ever read; so is what the installed version makes of the other keys by itself. What is left was
written by a newer version, for a reason.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import transformers
from packaging.version import InvalidVersion, Version
from transformers import PretrainedConfig

from runner.errors import SourceError, first_line, raise_if_ours
from runner.packaging import rope
from runner.packaging.unknown_keys import known, parts, unknown
from runner.sources import Checkpoint
from runner.sources.checkpoint.config_values import CONFIG, read_values

_RENAMED: Mapping[str, str] = {
    "num_local_experts": "num_experts",
    "qv_bias": "qkv_bias",
    "vision_feature_layer": "vision_feature_layers",
}
"""Names that 5 has, by the ``attribute_map`` of its classes, with those that 4 has.

A class that knows both, or the new one alone, is told what is said.
"""
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
    if words.get("id2label") != said.get("id2label"):
        reading.notes.append(
            f"{CONFIG} of {checkpoint.name} has other than texts as labels: in the model they are "
            "texts, as its signature says"
        )
    newer = _is_newer(str(said.get("transformers_version") or ""))
    beyond = dict(unknown(type(config), words))
    if beyond:
        anyway = _made_of(type(config), _without(words, beyond), checkpoint)
        beyond = {key: value for key, value in beyond.items() if _at(anyway, key) != value}
    lost = {k: v for k, v in beyond.items() if newer or k.rpartition(".")[2] in _decisive(v, k)}
    if lost:
        shown = ", ".join(f"`{key}: {value}`" for key, value in lost.items())
        raise SourceError(
            f"{checkpoint.folder / CONFIG} says {shown}, which changes the model and which "
            f"transformers {transformers.__version__} does not know",
            f"Install the version that wrote it, {said.get('transformers_version') or 'unknown'}.",
        )
    if beyond:
        reading.notes.append(
            f"{CONFIG} of {checkpoint.name} says {', '.join(beyond)}, of which transformers "
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


def _without(words: Mapping[str, Any], keys: Collection[str], prefix: str = "") -> dict[str, Any]:
    """Leave keys out, those of parts with what leads to them."""
    return {
        name: _without(cast("dict[str, Any]", value), keys, f"{prefix}{name}.")
        if isinstance(value, dict)
        else value
        for name, value in words.items()
        if prefix + name not in keys
    }


def _at(config: Any, key: str) -> Any:
    """Give what a configuration has at a key; nothing where it has none."""
    for name in key.split("."):
        config = getattr(config, name, None)
    return config


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
    ours, words = known(kind), dict(said)
    for name, part in parts(kind, said):
        words[name] = _translated(part, said[name])
    for new, old in _RENAMED.items():
        if new in words and new not in ours and old in ours:
            words[old] = words.pop(new)
    parameters = said.get(rope.KEY)
    if isinstance(parameters, dict) and rope.KEY not in ours:
        given = cast("dict[str, Any]", parameters)
        if said.get(rope.TRAINED_FOR):  # beside it, it counts
            given = {**given, rope.TRAINED_FOR: said[rope.TRAINED_FOR]}
        if (otherwise := rope.translated(given, ours)) is not None:
            words.pop(rope.KEY)
            words |= otherwise
    if isinstance(labels := said.get("id2label"), dict):
        named = cast("dict[str, Any]", labels)
        words["id2label"] = {number: str(label) for number, label in named.items()}
    if words.get("scale_decoder_outputs") is not None and "scale_decoder_outputs" not in ours:
        words["tie_word_embeddings"] = words.pop("scale_decoder_outputs")
    layers = said.get("layer_types")
    if "layer_types" not in ours and isinstance(layers, list):
        every = _every_nth(cast("list[Any]", layers))
        if every == 1 or (every and "global_attn_every_n_layers" in ours):
            words.pop("layer_types")
            words |= {"global_attn_every_n_layers": every} if every > 1 else {}
    return words


def _every_nth(layers: list[Any]) -> int:
    """Give how often a layer attends to everything, where that is regular; else 0."""
    full = [number for number, kind in enumerate(layers) if kind == "full_attention"]
    step = (full[1] if len(full) > 1 else len(layers)) if full else 0
    return step if step and full == list(range(0, len(layers), step)) else 0
