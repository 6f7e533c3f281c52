"""Penalties of the chat protocol: a token that stands in the answer already becomes less likely."""

from typing import Any

import torch
from transformers import LogitsProcessor, LogitsProcessorList


class Penalties(LogitsProcessor):
    """Make tokens less likely that were generated before, as the chat protocol defines it.

    Args:
        start: Tokens of the prompt, which do not count.
        presence: Taken from the score of each that was.
        frequency: Taken from it once for each time that it was.
    """

    def __init__(self, start: int, presence: float, frequency: float) -> None:
        self._start, self._presence, self._frequency = start, presence, frequency

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Change the scores, of shape ``(sequences, vocabulary)``."""
        new = input_ids[:, self._start :]
        counts = torch.zeros_like(scores).scatter_add_(
            1, new, torch.ones_like(new, dtype=scores.dtype)
        )
        return scores - self._frequency * counts - self._presence * (counts > 0)


def penalties(options: dict[str, Any], start: int) -> dict[str, Any]:
    """Give the arguments of ``generate`` for the penalties that are asked for.

    Args:
        options: The options of the call.
        start: Tokens of the prompt, which do not count.
    """
    presence = float(options.get("presence_penalty") or 0)
    frequency = float(options.get("frequency_penalty") or 0)
    if not presence and not frequency:
        return {}
    return {"logits_processor": LogitsProcessorList([Penalties(start, presence, frequency)])}
