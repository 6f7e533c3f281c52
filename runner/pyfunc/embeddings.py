"""Embeddings: one vector a text, or its hidden states."""

from typing import Any

import numpy as np
import torch

from . import batches, lengths
from .adapter import Whole
from .errors import BadRequest
from .generation import template_of
from .loading import Parts
from .rows import records, texts

_POOLINGS = ("mean", "cls", "last", "none")


class Embeddings(Whole):
    """Texts in, vectors out.

    ``pooling`` is ``mean`` (over the text's tokens), ``cls`` (the first), ``last`` or ``none``;
    ``normalize`` scales vectors to length 1.
    """

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give float64 of shape ``(rows, size)``; without pooling a ``(tokens, size)`` a row."""
        found = self.embed(texts(rows), options, budget, options.get("pooling") or "mean")
        if options.get("pooling") == "none":
            return found
        return np.stack(found) if found else np.empty((0, 0))

    def embed(
        self, given: list[str], options: dict[str, Any], budget: int, pooling: str
    ) -> list[Any]:
        """Give an array for each text.

        Args:
            given: The texts.
            options: ``normalize``, and how the texts are tokenized.
            budget: Tokens of a batch.
            pooling: How the hidden states of a text become one vector.

        Raises:
            BadRequest: The pooling is unknown.
        """
        if pooling not in _POOLINGS:
            raise BadRequest(f"pooling {pooling!r} is none of {', '.join(_POOLINGS)}")
        prompts = [template_of(self._parts, text) for text in given]
        encoded = self.encode(prompts, options)
        normalize = bool(options.get("normalize"))
        sizes = [max(1, len(ids)) for ids in encoded]
        return batches.run(encoded, sizes, budget, lambda b: self._run(b, pooling, normalize))

    def encode(self, given: list[str], options: dict[str, Any]) -> list[list[int]]:
        """Tokenize; what the model does not take is cut off, unless it is to be refused."""
        if options.get("return_tensors") is not None:
            raise BadRequest("return_tensors is not taken: vectors are arrays")
        own = options.get("tokenize_kwargs") or {}
        if not own.keys() & {"truncation", "max_length"}:
            found = lengths.tokens_of(self._parts.tokenizer, given)
            lengths.hold(self._parts, found, options)
        how = {"truncation": lengths.strategy(options), **own}
        return self._parts.tokenizer(given, **how)["input_ids"] if given else []

    def _run(self, batch: list[list[int]], pooling: str, normalize: bool) -> list[Any]:
        padded = _padded(self._parts, batch)
        states = self._parts.model(**padded)[0].float()
        mask = padded["attention_mask"]
        if pooling == "none":
            vectors = [row[: len(ids)] for row, ids in zip(states, batch, strict=True)]
            vectors = (
                [torch.nn.functional.normalize(v, dim=-1) for v in vectors]
                if normalize
                else vectors
            )
            return [vector.double().cpu().numpy() for vector in vectors]
        if pooling == "mean":
            weights = mask.unsqueeze(-1).to(states.dtype)
            pooled = (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)
        elif pooling == "cls":
            pooled = states[:, 0]
        else:
            last = mask.sum(dim=1).clamp(min=1) - 1
            pooled = states[torch.arange(len(batch), device=states.device), last]
        if normalize:
            pooled = torch.nn.functional.normalize(pooled, dim=-1)
        return list(pooled.double().cpu().numpy())


def _padded(parts: Parts, batch: list[list[int]]) -> Any:
    pad = parts.tokenizer.pad_token_id
    width = max(1, *map(len, batch))
    ids = [row + [pad if pad is not None else 0] * (width - len(row)) for row in batch]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row in batch]
    return {
        "input_ids": torch.tensor(ids, device=parts.device),
        "attention_mask": torch.tensor(mask, device=parts.device),
    }


class EmbeddingsProtocol(Embeddings):
    """``llm/v1/embeddings``: requests of the protocol in, its responses out.

    The default pooling is ``cls``, as in MLflow's own code for the task.
    """

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give one response: all texts of all rows, in order, with the tokens they took."""
        if options.get("input") is not None:
            raise BadRequest("input is of the request, and no argument")
        given: list[str] = []
        for row in records(rows, ["input"]):
            value = row["input"]
            given += texts(list(value) if isinstance(value, list | np.ndarray) else [value])
        found = self.embed(given, options, budget, options.get("pooling") or "cls")
        used = sum(map(len, self.encode(given, {**options, "truncation": True})))
        return {
            "object": "list",
            "data": [
                {"object": "embedding", "index": number, "embedding": vector}
                for number, vector in enumerate(found)
            ],
            "usage": {"prompt_tokens": used, "total_tokens": used},
        }
