"""Structures: configurations that no model can have, or that do not fit the weights."""

from functools import partial
from pathlib import Path
from typing import Any

from tests.layouts import saying
from tests.structures.structure import Made, Structure, changed, tiny

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
    ("llama", {"num_attention_heads": -4}, "`num_attention_heads` is -4"),
    ("llama", {"num_key_value_heads": None}, "do not fit its config.json"),
    ("llama", {"attention_bias": True}, "has no weights for"),
    ("gpt2", {"n_layer": 3}, "has no weights for transformer.h.2"),
    ("gpt2", {"n_inner": -1}, "`n_inner: -1`"),
    ("gpt2", {"tie_word_embeddings": False}, "has no weights for lm_head.weight"),
    ("gpt2", {"model_type": "bert"}, "has no weights for bert."),
    ("gpt2", {"model_type": "nope"}, "model type `nope`"),
    ("gpt2", {"model_type": ["gpt2"]}, "config.json of"),
    ("gpt2", {"dtype": ["float32"]}, "config.json of"),
    ("gpt2", {"layer_norm_epsilon": "x"}, '`layer_norm_epsilon: "x"`: that has to be a number'),
    ("llama", {"rms_norm_eps": "1e-6"}, '`rms_norm_eps: "1e-6"`: that has to be a number'),
    ("gpt2", {"task_specific_params": {_TEXT: "x"}}, "`task_specific_params.text-generation` is"),
    ("gpt2", {"task_specific_params": {_TEXT: {"prefix": 5}}}, ".prefix` is 5, not text"),
]
_SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"num_beams": 0}, "`num_beams` is 0"),
    ({"repetition_penalty": -1.0}, "`repetition_penalty` is -1.0"),
    ({"min_length": "x"}, '`min_length` is "x"'),
    ({"eos_token_id": "</s>"}, '`eos_token_id` is "</s>"'),
    ({"do_sample": "false"}, '`do_sample` is "false"'),
    ({"max_length": "20", "temperature": "0"}, '`max_length` is "20"'),
]
_FORCED: list[tuple[str, str, dict[str, Any]]] = [
    ("gpt2", _TEXT, {"forced_eos_token_id": 99_999}),
    ("gpt2", _TEXT, {"bad_words_ids": [[99_999]]}),
    ("t5", "text2text-generation", {"decoder_start_token_id": 99_999}),
    ("bart", "summarization", {"forced_bos_token_id": 99_999}),
]
_LABELS: list[tuple[dict[str, Any], str]] = [
    ({"id2label": {"0": "a", "1": "b", "2": "c"}}, "(2, 32) in the file and (3, 32)"),
    ({"id2label": {"0": "a"}}, "(2, 32) in the file and (1, 32)"),
    ({"id2label": ["a", "b"]}, "`id2label` is not a mapping"),
    ({"id2label": {"x": "a", "y": "b"}}, "`id2label` has 'x'"),
    ({"id2label": {"0": "a", "7": "b"}}, "none with the number 1"),
    ({"id2label": {"0": None, "1": "b"}}, "`id2label` has null where label 0 stands"),
    ({"id2label": {"-1": "a", "0": "b"}}, "`id2label` has '-1'"),
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
            changed("gpt2", _TEXT, f"generation_config.json says {_shown(values)}",
                    partial(saying, file="generation_config.json", **values), refused=said)
            for values, said in _SETTINGS
        ),
        *(
            changed(architecture, task, f"generation_config.json says {_shown(values)}",
                    partial(saying, file="generation_config.json", **values),
                    refused="there is no such token")
            for architecture, task, values in _FORCED
        ),
        *(
            Structure(architecture, task, "labels that are numbers",
                      partial(_numbered, architecture, task))
            for architecture, task in (("bert", "text-classification"),
                                       ("bert", "token-classification"),
                                       ("vit", "image-classification"))
        ),
        *(
            changed("bert", "text-classification", f"a head of 2, and {_shown(values)}",
                    partial(saying, **values), refused=said)
            for values, said in _LABELS
        ),
    ]  # fmt: skip


def _numbered(architecture: str, task: str, folder: Path) -> Made:
    """What pipelines give for a number is a number, and in the model the text of it."""
    first = tiny(architecture, task)
    numbers: dict[str, Any] = {"id2label": {"0": 4, "1": 5}, "label2id": {"4": 0, "5": 1}}
    texts: dict[str, Any] = {**numbers, "id2label": {"0": "4", "1": "5"}}
    return Made(
        saying(first, folder / "numbers", **numbers),
        native_folder=saying(first, folder / "texts", **texts),
    )


def _shown(values: dict[str, Any]) -> str:
    return ", ".join(f"`{key}: {value}`" for key, value in values.items())
