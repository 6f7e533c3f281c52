"""What a recipe asks of a tokenizer beyond what ``from_pretrained`` does."""

from collections.abc import Mapping
from typing import Any

_OURS = frozenset({"split_digits"})


def loading_arguments(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give those of a recipe's arguments that ``from_pretrained`` takes.

    Args:
        asked: What the recipe says in ``load`` for the component.
    """
    return {name: value for name, value in asked.items() if name not in _OURS}


def hold_to(tokenizer: Any, asked: Mapping[str, Any]) -> None:
    """Make special tokens and digit splitting hold where the checkpoint's file overrode them.

    Args:
        tokenizer: The tokenizer, as loaded; changed in place.
        asked: What the recipe says in ``load`` for it.
    """
    for key, value in asked.items():
        if key.endswith("_token") and not key.startswith("add_"):
            setattr(tokenizer, key, value)
    if asked.get("split_digits"):
        from tokenizers import pre_tokenizers

        backend = tokenizer.backend_tokenizer
        digits = pre_tokenizers.Digits(individual_digits=True)
        current = backend.pre_tokenizer
        backend.pre_tokenizer = pre_tokenizers.Sequence([digits, current] if current else [digits])
