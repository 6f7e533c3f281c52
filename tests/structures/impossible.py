"""Structures: configurations that no model can have, or that do not fit the weights."""

from functools import partial
from typing import Any

from tests.layouts import saying
from tests.structures.structure import Structure, changed

_TEXT = "text-generation"
_VALUES: list[tuple[str, dict[str, Any], str]] = [
    ("gpt2", {"vocab_size": -1}, "`vocab_size` is -1"),
    ("gpt2", {"vocab_size": 3.5}, "`vocab_size` is 3.5"),
    ("gpt2", {"vocab_size": 10**13}, "`vocab_size` is 10000000000000"),
    ("gpt2", {"n_head": 0}, "`n_head` is 0"),
    ("gpt2", {"n_head": "four"}, '`n_head` is "four"'),
    ("gpt2", {"n_embd": "32"}, '`n_embd` is "32"'),
    ("gpt2", {"n_head": 5}, "`n_head: 5`"),
    ("gpt2", {"n_layer": -2}, "`n_layer` is -2"),
    ("gpt2", {"n_layer": 1e9}, "`n_layer` is 1000000000.0"),
    ("gpt2", {"n_layer": 10**9}, "`n_layer` is 1000000000"),
    ("gpt2", {"n_positions": 10**10}, "config.json"),
    ("gpt2", {"activation_function": "nope"}, '`activation_function: "nope"`'),
    ("gpt2", {"dtype": "int3"}, "dtype"),
    ("llama", {"num_attention_heads": 0}, "`num_attention_heads` is 0"),
    ("llama", {"num_key_value_heads": 3}, "do not fit its config.json"),
    ("llama", {"max_position_embeddings": -5}, "`max_position_embeddings` is -5"),
    ("llama", {"head_dim": 0}, "`head_dim: 0`"),
    ("llama", {"rope_theta": "x"}, '`rope_theta: "x"`'),
    ("llama", {"pad_token_id": 99_999}, "`pad_token_id: 99999`"),
    ("llama", {"hidden_size": 33}, "do not fit its config.json"),
]
_LABELS: list[tuple[dict[str, Any], str]] = [
    ({"id2label": {"0": "a", "1": "b", "2": "c"}}, "(2, 32) in the file and (3, 32)"),
    ({"id2label": {"0": "a"}}, "(2, 32) in the file and (1, 32)"),
    ({"id2label": ["a", "b"]}, "`id2label` is not a mapping"),
    ({"id2label": {"x": "a", "y": "b"}}, "`id2label` has 'x'"),
    ({"id2label": {"0": "a", "7": "b"}}, "none with the number 1"),
]


def structures() -> list[Structure]:
    """Give them."""
    return [
        *(
            changed(architecture, _TEXT, f"config.json says {_shown(values)}",
                    partial(saying, **values), refused=said)
            for architecture, values, said in _VALUES
        ),
        *(
            changed("bert", "text-classification", f"a head of 2, and {_shown(values)}",
                    partial(saying, **values), refused=said)
            for values, said in _LABELS
        ),
    ]  # fmt: skip


def _shown(values: dict[str, Any]) -> str:
    return ", ".join(f"`{key}: {value}`" for key, value in values.items())
