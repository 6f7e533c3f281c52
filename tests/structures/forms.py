"""Structures: the forms that weights and configuration come in."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from transformers import AutoModelForCausalLM

from tests.checkpoints import sharded_causal_lm
from tests.layouts import (
    one_pickle_shard,
    one_shard,
    pickled,
    renamed,
    saying,
    variant,
    with_more_tokens,
    without_pad_token,
)
from tests.structures.structure import Made, Structure, changed

_PICKLE = {"allow_pickle": True}
_VARIANT = {"load": {"model": {"variant": "fp16"}}}
_TEXT = "text-generation"
_BACKEND = {"tokenizer_class": "TokenizersBackend", "extra_special_tokens": ["<mask>"]}


def structures() -> list[Structure]:
    """Give them."""
    return [*_weights(), *_names(), *_generation(), *_tokenizers()]


def _weights() -> list[Structure]:
    old = partial(pickled, old=True)
    return [
        Structure("gpt2", _TEXT, "shards", lambda folder: Made(sharded_causal_lm(folder / "gpt2"))),
        changed("gpt2", _TEXT, "one shard and its index", one_shard),
        changed("bert", "text-classification", "one shard and its index", one_shard),
        changed("llama", _TEXT, "one shard and its index, bfloat16", one_shard,
                recipe={"dtype": "bfloat16"}, native=_in_bfloat16),
        changed("gpt2", _TEXT, "a pickle file", pickled, recipe=_PICKLE),
        changed("gpt2", _TEXT, "a pickle file without leave", pickled, refused="a pickle file"),
        changed("gpt2", _TEXT, "one pickle shard and its index", one_pickle_shard, recipe=_PICKLE),
        changed("gpt2", _TEXT, "a pickle file of torch before 1.6", old, recipe=_PICKLE),
        changed("bert", "fill-mask", "a pickle file of torch before 1.6", old, recipe=_PICKLE),
        changed("gpt2", _TEXT, "variant fp16", variant, recipe=_VARIANT, native=_of_variant),
        changed("llama", _TEXT, "variant fp16 in a pickle file", partial(variant, pickle=True),
                recipe=_VARIANT | _PICKLE, native=_of_variant),
        changed("gpt2", _TEXT, "a variant that is not there", one_shard, recipe=_VARIANT,
                refused="no weights in the variant fp16"),
    ]  # fmt: skip


def _in_bfloat16(first: Path, _other: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(first, dtype="bfloat16")


def _of_variant(_first: Path, other: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(other, variant="fp16", dtype="auto")


def _names() -> list[Structure]:
    def without(prefix: str) -> Callable[[Path, Path], Path]:
        return partial(renamed, rename=lambda name: name.removeprefix(prefix))

    def behind(prefix: str) -> Callable[[Path, Path], Path]:
        return partial(renamed, rename=lambda name: prefix + name)

    tied = {"tie_word_embeddings": True}
    return [
        changed("gpt2", _TEXT, "names without `transformer.`", without("transformer.")),
        changed("llama", _TEXT, "names without `model.`, tied", without("model."), **tied),
        changed("qwen2", _TEXT, "names without `model.`, tied", without("model."), **tied),
        changed("llama", _TEXT, "names without `model.`, and a head", without("model."),
                refused="transformers cannot load"),
        changed("bert", "feature-extraction", "names with `bert.`", behind("bert.")),
        changed("llama", _TEXT, "names with `model.` twice", behind("model."),
                refused="have `model.` before the names"),
        changed("gpt2", _TEXT, "names with `module.`", behind("module."),
                refused="have `module.` before the names"),
    ]  # fmt: skip


def _generation() -> list[Structure]:
    contradicting = partial(
        saying, file="generation_config.json", do_sample=False, temperature=0.9, top_p=0.6
    )
    return [
        changed("gpt2", _TEXT, "a temperature beside `do_sample: false`", contradicting),
        changed("t5", "text2text-generation", "a temperature beside `do_sample: false`",
                contradicting),
        changed("gpt2", _TEXT, "a temperature in config.json", partial(saying, temperature=0.9)),
        changed("gpt2", _TEXT, "a prefix in config.json", partial(saying, prefix="Say: ")),
        changed("bart", "summarization", "a prefix in config.json", partial(saying, prefix="Say")),
    ]  # fmt: skip


def _tokenizers() -> list[Structure]:
    return [
        Structure("llama", _TEXT, "tokenizer class TokenizersBackend",
                  partial(_other_tokenizer, "llama", _TEXT)),
        Structure("bert", "text-classification", "tokenizer class TokenizersBackend",
                  partial(_other_tokenizer, "bert", "text-classification")),
        changed("gpt2", _TEXT, "tokens beyond the embeddings", with_more_tokens),
        changed("gpt2", "zero-shot-classification", "no token to pad with", without_pad_token),
        changed("gpt2", "text-classification", "no token to pad with", without_pad_token),
        changed("llama", _TEXT, "no token to pad with", without_pad_token),
    ]  # fmt: skip


def _other_tokenizer(architecture: str, task: str, folder: Path) -> Made:
    """A tokenizer as transformers 5 writes it; in the words of 4 it is the plain fast one."""
    from tests.structures.structure import tiny

    first = tiny(architecture, task)
    other = saying(first, folder / "written-by-5", "tokenizer_config.json", **_BACKEND)
    plain = {"tokenizer_class": "PreTrainedTokenizerFast", "extra_special_tokens": {}}
    known = saying(first, folder / "in-words-of-4", "tokenizer_config.json", **plain)
    return Made(other, native_folder=known)
