"""Structures: configurations that another version wrote, and weights that no model uses."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch

from tests.layouts import saying, with_tensors
from tests.structures.structure import Made, Structure, changed, tiny

_TEXT = "text-generation"
_BY_5 = {"transformers_version": "5.23.0"}
_YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128}
_LLAMA3 = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}  # fmt: skip
_LONG = {"rope_type": "longrope", "short_factor": [1.0] * 4, "long_factor": [2.0] * 4}
_ROPE: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("llama", "another base", {"rope_theta": 77.0, "rope_type": "default"}, {"rope_theta": 77.0}),
    ("qwen2", "another base", {"rope_theta": 77.0, "rope_type": "default"}, {"rope_theta": 77.0}),
    ("mistral", "another base", {"rope_theta": 77.0}, {"rope_theta": 77.0}),
    ("llama", "linear", {"rope_theta": 90.0, "rope_type": "linear", "factor": 3.0},
     {"rope_theta": 90.0, "rope_scaling": {"rope_type": "linear", "factor": 3.0}}),
    ("llama", "yarn", {"rope_theta": 90.0, **_YARN}, {"rope_theta": 90.0, "rope_scaling": _YARN}),
    ("llama", "llama3", {"rope_theta": 90.0, **_LLAMA3},
     {"rope_theta": 90.0, "rope_scaling": _LLAMA3}),
    ("llama", "dynamic", {"rope_theta": 90.0, "rope_type": "dynamic", "factor": 3.0},
     {"rope_theta": 90.0, "rope_scaling": {"rope_type": "dynamic", "factor": 3.0}}),
    ("llama", "longrope",
     {"rope_theta": 90.0, **_LONG, "factor": 8.0, "original_max_position_embeddings": 4},
     {"rope_theta": 90.0, "original_max_position_embeddings": 4,
      "rope_scaling": {**_LONG, "factor": 8.0, "attention_factor": math.sqrt(2.5)}}),
    ("phi", "a fraction of the head", {"rope_theta": 77.0, "partial_rotary_factor": 0.25},
     {"rope_theta": 77.0, "partial_rotary_factor": 0.25}),
    ("gpt_neox", "a fraction of the head", {"rope_theta": 77.0, "partial_rotary_factor": 0.5},
     {"rotary_emb_base": 77.0, "rotary_pct": 0.5}),
    ("gemma3_text", "of two kinds of layers",
     {"full_attention": {"rope_theta": 77.0, "rope_type": "linear", "factor": 2.0},
      "sliding_attention": {"rope_theta": 33.0, "rope_type": "default"}},
     {"rope_theta": 77.0, "rope_local_base_freq": 33.0,
      "rope_scaling": {"rope_type": "linear", "factor": 2.0}}),
]  # fmt: skip
_NAMES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("qwen3_moe", {"num_local_experts": 4}, {"num_experts": 4}),
]
"""Keys that 5 calls otherwise, with what the installed version calls them."""
_BESIDE_CODE: tuple[str, dict[str, Any], dict[str, Any]] = (
    "llama",
    {"rope_theta": 77.0, "rope_type": "default"},
    {"rope_theta": 77.0, "auto_map": {"AutoModelForCausalLM": "modeling_own.OwnForCausalLM"}},
)
_UNKNOWN: list[tuple[str, dict[str, Any], str]] = [
    ("llama", {"attention_chunks": 4}, "`attention_chunks: 4`"),
    ("gemma", {"use_bidirectional_attention": True}, "`use_bidirectional_attention: True`"),
    ("llama", {"rope_parameters": {"a": {"rope_theta": 7.0}}}, "`rope_parameters: "),
    ("qwen2_moe", {"layer_types": ["sliding_attention", "full_attention"]}, "`layer_types: "),
]
_KNOWN: list[tuple[str, dict[str, Any]]] = [
    ("llama", {"attention_chunks": None, "some_loss_weight": 0.5, "unsloth_version": "2025.1"}),
    ("qwen2_moe", {"layer_types": ["full_attention", "full_attention"]}),
]


def structures() -> list[Structure]:
    """Give them."""
    return [*_rope(), *_renamed(), *_keys(), *_tensors()]


def _rope() -> list[Structure]:
    return [
        Structure(architecture, _TEXT, f"rope_parameters of transformers 5: {name}",
                  partial(_written_by_5, architecture, parameters, words))
        for architecture, name, parameters, words in _ROPE
    ] + [
        Structure("llama", _TEXT, "rope_parameters of transformers 5, and code of its own",
                  partial(_written_by_5, *_BESIDE_CODE))
    ]  # fmt: skip


def _renamed() -> list[Structure]:
    return [
        Structure(architecture, _TEXT, f"{', '.join(other)} of transformers 5",
                  partial(_named_by_5, architecture, other, words))
        for architecture, other, words in _NAMES
    ]  # fmt: skip


def _named_by_5(
    architecture: str, other: Mapping[str, Any], words: Mapping[str, Any], folder: Path
) -> Made:
    first = tiny(architecture, _TEXT, **words)
    return Made(
        saying(first, folder / "by-5", **dict.fromkeys(words), **other, **_BY_5),
        native_folder=first,
    )


def _written_by_5(
    architecture: str, parameters: Mapping[str, Any], words: Mapping[str, Any], folder: Path
) -> Made:
    """A configuration in the words of 5, and in those of the installed version."""
    first = tiny(architecture, _TEXT)
    old = dict.fromkeys(words.keys() - {"auto_map"}) | {"rope_theta": None}
    beside = {key: words[key] for key in words.keys() & {"auto_map"}}
    other = saying(first, folder / "by-5", rope_parameters=parameters, **old, **beside, **_BY_5)
    return Made(other, native_folder=saying(first, folder / "in-our-words", **words))


def _keys() -> list[Structure]:
    def says(**values: Any) -> Callable[[Path, Path], Path]:
        return partial(saying, **values)

    return [
        *(
            changed(architecture, _TEXT, f"a newer version says {', '.join(values)}",
                    says(**values, **_BY_5), refused=said)
            for architecture, values, said in _UNKNOWN
        ),
        *(
            changed(architecture, _TEXT, f"a newer version says {', '.join(values)}, to no effect",
                    says(**values, **_BY_5))
            for architecture, values in _KNOWN
        ),
        changed("llama", _TEXT, "an older version left a key behind", says(attention_chunks=4)),
    ]  # fmt: skip


def _tensors() -> list[Structure]:
    torch.manual_seed(0)
    head = torch.randn(512, 32)
    more = {"value_head__weight": torch.randn(1, 32)}
    return [
        changed("gpt2", _TEXT, "a tensor that no model uses", partial(with_tensors, **more)),
        changed("bert", "text-classification", "a tensor that no model uses",
                partial(with_tensors, **more)),
        changed("llama", _TEXT, "tied, and another `lm_head` stored",
                partial(with_tensors, lm_head__weight=head), tie_word_embeddings=True),
        changed("gpt2", _TEXT, "tied, and another `lm_head` stored",
                partial(with_tensors, lm_head__weight=head)),
    ]  # fmt: skip
