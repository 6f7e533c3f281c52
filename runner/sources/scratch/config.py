"""A small configuration of any architecture."""

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from runner.errors import SourceError, raise_if_ours
from runner.sources.scratch.small_sizes import PER_ARCHITECTURE, sizes
from runner.text.spelling import did_you_mean

if TYPE_CHECKING:
    from transformers import PretrainedConfig

_HIDDEN_SIZE = 32
_HEADS = 4
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
        raise_if_ours(error)
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
    small = {renamed.get(key, key): value for key, value in sizes(hidden, heads).items()}
    small |= PER_ARCHITECTURE.get(default.model_type, {})
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
