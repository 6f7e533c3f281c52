"""Values of a ``config.json`` that no model can have, seen without transformers."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from runner.sources.checkpoint.untrusted import read_json
from runner.tasks.arguments import GENERATION

_WIDTHS = re.compile(
    r"(vocab|hidden|intermediate|patch|image)_size|(?:n|num)_channels|d_(model|ff|kv)|n_embd|dim"
    r"|n_positions|n_ctx|max_position_embeddings|(\w+_)?(n|num)_(\w+_)?heads?|(en|de)coder_attention_heads"
    r"|head_dim|num_experts_per_tok"
)
_COUNTS = re.compile(
    r"n_layers?|num_(\w+_)?layers|(encoder|decoder)_layers|num_(\w+_)?experts|num_labels"
    r"|num_beams|num_beam_groups|num_return_sequences"
)
_MOST = {"layer": 512, "expert": 100_000, "label": 100_000, "beam": 1_000, "sequence": 1_000}
"""Of a kind of parts a model has at most so many; whatever is built of more takes memory and time.

The deepest models have 126 layers, the widest classifiers some 22,000 labels; a search of more
than a hundred beams is not heard of.
"""
_LARGEST = 2**40
_MAY_BE_NOTHING = {"head_dim", "image_size", "patch_size"}
_ABOVE_NOTHING = {"num_beams", "num_beam_groups", "num_return_sequences", "repetition_penalty"}
CONFIG = "config.json"
GENERATION_CONFIG = "generation_config.json"


def impossible_values(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Find sizes and counts that are none.

    Args:
        config: What ``config.json`` says, or a part of it.
        prefix: Keys that lead to the part, each with a dot behind it.

    Yields:
        The key, and what is wrong with its value.
    """
    for key, value in config.items():
        if isinstance(value, dict) and key.endswith(("_config", "encoder", "decoder", "generator")):
            yield from impossible_values(cast("dict[str, Any]", value), f"{prefix}{key}.")
        elif wrong := _wrong(key, value):
            yield prefix + key, f"is {json.dumps(value)}, {wrong}"
    yield from ((prefix + key, wrong) for key, wrong in _labels(config.get("id2label")))
    yield from ((prefix + key, wrong) for key, wrong in _of_tasks(config))


def impossible_settings(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find settings of generation with which no text can be generated.

    Args:
        settings: What ``generation_config.json`` says.

    Yields:
        The setting, and what is wrong with its value.
    """
    for name, argument in GENERATION.items():
        value = settings.get(name)
        if isinstance(value, str) and not argument.takes(value):
            yield name, f"is {json.dumps(value)}, not {argument.wanted}"
        elif name in _ABOVE_NOTHING and isinstance(value, int | float) and value <= 0:
            yield name, f"is {json.dumps(value)}, and has to be above 0"


def layers_of(config: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Give every number of layers.

    Args:
        config: What ``config.json`` says, or a part of it.

    Yields:
        The key, and the number.
    """
    for key, value in config.items():
        if isinstance(value, dict):
            yield from layers_of(cast("dict[str, Any]", value))
        elif isinstance(value, int) and "layer" in key and _COUNTS.fullmatch(key):
            yield key, value


def read_values(folder: Path, name: str = CONFIG) -> Mapping[str, Any]:
    """Read what a ``config.json`` says; nothing where it cannot be read as an object.

    Args:
        folder: The checkpoint folder.
        name: Another file of the kind.
    """
    try:
        values: Any = read_json(folder / name)
    except (OSError, ValueError):  # whoever builds the model says so
        return {}
    return cast("dict[str, Any]", values) if isinstance(values, dict) else {}


def _wrong(key: str, value: Any) -> str:
    is_count = _COUNTS.fullmatch(key) is not None
    if value is None or isinstance(value, dict) or not (is_count or _WIDTHS.fullmatch(key)):
        return ""
    items: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
    return next((wrong for item in items if (wrong := _not_a_size(key, item, is_count))), "")


def _not_a_size(key: str, value: Any, is_count: bool) -> str:
    """Say why a value is no size; a count may be 0, and a size may stand in a list of lists."""
    if isinstance(value, list):
        lists = cast("list[Any]", value)
        return next((w for item in lists if (w := _not_a_size(key, item, is_count))), "")
    whole = isinstance(value, float) and value.is_integer()
    if isinstance(value, bool) or not (isinstance(value, int) or whole):
        return "not a whole number"
    if value < 0 or (value == 0 and not is_count and key not in _MAY_BE_NOTHING):
        return "which no model can have"
    most = next((n for kind, n in _MOST.items() if is_count and kind in key), _LARGEST)
    return f"more than the {most:,} that a model can have" if value > most else ""


def _of_tasks(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find settings for a task that a pipeline cannot take."""
    tasks = config.get("task_specific_params")
    for name, settings in (
        cast("dict[str, Any]", tasks) if isinstance(tasks, dict) else {}
    ).items():
        key = f"task_specific_params.{name}"
        if settings is not None and not isinstance(settings, dict):
            yield key, "is not a mapping of settings"
            continue
        prefix = (cast("dict[str, Any]", settings) or {}).get("prefix")
        if prefix is not None and not isinstance(prefix, str):
            yield f"{key}.prefix", f"is {json.dumps(prefix)}, not text"


def _labels(labels: Any) -> Iterator[tuple[str, str]]:
    if labels is None:
        return
    if not isinstance(labels, dict):
        yield "id2label", "is not a mapping of numbers to labels"
        return
    found = cast("dict[str, Any]", labels)
    if len(found) > (most := _MOST["label"]):
        yield "id2label", f"has {len(found):,} labels, more than the {most:,} that a model can have"
        return
    numbers = {int(key) for key in found if re.fullmatch(r"\d+", str(key))}
    if len(numbers) < len(found):
        bad = next(key for key in found if not re.fullmatch(r"\d+", str(key)))
        yield "id2label", f"has {bad!r} where the number of a label stands"
    elif lost := sorted({*range(len(found))} - numbers):
        yield "id2label", f"has {len(found)} labels and none with the number {lost[0]}"
    for number, label in found.items():
        if label is None or isinstance(label, dict | list):
            yield (
                "id2label",
                f"has {json.dumps(label)} where label {number} stands, which is no text",
            )
