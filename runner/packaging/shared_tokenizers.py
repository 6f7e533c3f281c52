"""Tokenizers that share what is inside: a vocabulary takes long to read, and is the same for many.

What is inside is shared by copies that are otherwise nobody else's. It is asked before each copy
whether it still is as it was read.
"""

import copy
import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_PARTS = ("normalizer", "pre_tokenizer", "post_processor", "decoder", "encode_special_tokens")


def inside_of(tokenizer: Any) -> Any:
    """Give what is inside of a tokenizer and can be shared; None where it has nothing such.

    Args:
        tokenizer: A tokenizer of transformers, or any other component.
    """
    return tokenizer.backend_tokenizer if getattr(tokenizer, "is_fast", False) else None


def copied(value: Any, tokenizers: Iterable[Any]) -> Any:
    """Copy a value as deep as it goes, but for the inside of tokenizers.

    Args:
        value: The value.
        tokenizers: Components in it.
    """
    insides = [inside for one in tokenizers if (inside := inside_of(one)) is not None]
    return copy.deepcopy(value, {id(inside): inside for inside in insides})


@dataclass(frozen=True)
class AsRead:
    """The inside of a tokenizer, and how it was when it was read.

    Args:
        inside: The inside.
        state: What tells whether it was changed.
        truncation: How it cuts texts, which each use says for itself.
        padding: How it fills them up, likewise.
    """

    inside: Any
    state: Any
    truncation: dict[str, Any] | None
    padding: dict[str, Any] | None

    @classmethod
    def of(cls, tokenizer: Any) -> "AsRead | None":
        """Note how the inside of a tokenizer is; None where it has none that can be shared.

        Args:
            tokenizer: The tokenizer.
        """
        inside = inside_of(tokenizer)
        if inside is None:
            return None
        return cls(inside, _state(inside), inside.truncation, inside.padding)

    def restored(self) -> bool:
        """Take back what each use says of its texts.

        Returns:
            Whether it is as it was read.
        """
        if self.inside.truncation != self.truncation:
            self.inside.no_truncation()
            if self.truncation is not None:
                self.inside.enable_truncation(**self.truncation)
        if self.inside.padding != self.padding:
            self.inside.no_padding()
            if self.padding is not None:
                self.inside.enable_padding(**self.padding)
        return _state(self.inside) == self.state


def _state(inside: Any) -> Any:
    """Tell what was changed, but for single words of the vocabulary: only their number is known."""
    added = sorted((number, repr(token)) for number, token in _added(inside).items())
    parts = [pickle.dumps(getattr(inside, name)) for name in _PARTS]
    return parts, added, inside.get_vocab_size(), type(inside.model)


def _added(inside: Any) -> dict[int, Any]:
    return inside.get_added_tokens_decoder()
