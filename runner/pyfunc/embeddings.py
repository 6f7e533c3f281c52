"""Embeddings: one vector a text, or its hidden states."""

import copy
import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from tokenizers.normalizers import Lowercase
from tokenizers.normalizers import Sequence as Normalizers

from . import batches, lengths
from .adapter import Whole
from .errors import BadRequest
from .fields import requests_of
from .generation import template_of
from .loading import Parts
from .pooling import WAYS, Declared, pooled
from .rows import texts
from .sentences import Sentences

_NONE = "none"
"""Of pooling: the hidden states themselves."""
_TOKENS = ("input_ids", "token_type_ids")
Encoded = dict[str, list[int]]
"""A text as tokens, by the name of the model's argument."""


class Embeddings(Whole):
    """Texts in, vectors out.

    What is done to the hidden states is what the checkpoint declares, where it is one of
    sentence-transformers; else their mean. ``pooling`` and ``normalize`` say otherwise.
    """

    usual = "mean"
    """The pooling where neither checkpoint nor caller says one."""

    def __init__(self, parts: Parts) -> None:
        tokenizer = _as_declared(parts.tokenizer, parts.model.config, parts.sentences)
        super().__init__(replace(parts, components={**parts.components, "tokenizer": tokenizer}))
        self._declared = Declared(parts.sentences, parts.model) if parts.sentences else None
        self._takes = {"input_ids", *inspect.signature(parts.model.forward).parameters}

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give float64 of shape ``(rows, size)``; without pooling a ``(tokens, size)`` a row."""
        how = self.asked(options)
        found = self.embed(self.encode(texts(rows), how, options), how, budget)
        if how.poolings == (_NONE,):
            return found
        return np.stack(found) if found else np.empty((0, 0))

    def asked(self, options: dict[str, Any]) -> "_Asked":
        """Read what a call asks for.

        Args:
            options: ``pooling``, ``normalize``, ``prompt_name``, ``prompt``, ``truncate_dim``.

        Raises:
            BadRequest: A pooling or a prompt is unknown.
        """
        given = options.get("pooling")
        poolings = (given,) if isinstance(given, str) else tuple(given or ())
        if odd := [one for one in poolings if one not in (*WAYS, _NONE)]:
            raise BadRequest(f"pooling {odd[0]!r} is none of {', '.join((*WAYS, _NONE))}")
        if _NONE in poolings and len(poolings) > 1:
            raise BadRequest("pooling none has no vector that others could be put behind")
        if not poolings and self._declared is None:
            poolings = (self.usual,)
        declared = self._parts.sentences
        size = options.get("truncate_dim") or (declared.dimensions if declared else None)
        if size is not None and int(size) < 1:
            raise BadRequest(f"truncate_dim is {size}, and must be at least 1")
        prompt = _prompt(options, declared)
        return _Asked(poolings, options.get("normalize"), prompt, size and int(size))

    def encode(self, given: Sequence[str], how: "_Asked", options: dict[str, Any]) -> list[Encoded]:
        """Tokenize; what the model does not take is cut off, unless the options say otherwise.

        Args:
            given: The texts.
            how: What is asked for.
            options: How the texts are tokenized.
        """
        if options.get("return_tensors") is not None:
            raise BadRequest("return_tensors is not taken: vectors are arrays")
        if not given:
            return []
        begun = [how.prompt + template_of(self._parts, text) for text in given]
        own = options.get("tokenize_kwargs") or {}
        if not own.keys() & {"truncation", "max_length"}:
            lengths.hold(self._parts, lengths.tokens_of(self._parts.tokenizer, begun), options)
        arguments: dict[str, Any] = {"truncation": lengths.strategy(options), **own}
        encoded = self._parts.tokenizer(begun, **arguments)
        names = [name for name in _TOKENS if name in encoded and name in self._takes]
        return [{name: encoded[name][i] for name in names} for i in range(len(begun))]

    def embed(self, encoded: list[Encoded], how: "_Asked", budget: int) -> list[Any]:
        """Give an array for each text.

        Args:
            encoded: The texts as tokens.
            how: What is asked for.
            budget: Tokens of a batch.
        """
        prompt = self._prompt_tokens(how.prompt)
        sizes = [max(1, len(row["input_ids"])) for row in encoded]
        return batches.run(encoded, sizes, budget, lambda b: self._run(b, how, prompt))

    def _run(self, batch: list[Encoded], how: "_Asked", prompt: int) -> list[Any]:
        padded = _padded(self._parts, batch)
        states, mask = self._parts.model(**padded)[0], padded["attention_mask"]
        if how.poolings == (_NONE,):
            rows = [
                row[: len(b["input_ids"])] for row, b in zip(states.float(), batch, strict=True)
            ]
            return [_array(row, normalize=bool(how.normalize)) for row in rows]
        if self._declared is None:
            vectors = pooled(states.float(), mask, how.poolings)
        else:
            vectors = self._declared.vectors(
                states, mask, prompt, how.poolings, normalize=how.normalize is not False
            )
        return list(_array(vectors[:, : how.size], normalize=bool(how.normalize)))

    def _prompt_tokens(self, prompt: str) -> int:
        """Count the tokens that a prompt puts before a text, without a special one behind it."""
        ids = self._parts.tokenizer(prompt)["input_ids"] if prompt else []
        return len(ids) - bool(ids and ids[-1] in self._parts.tokenizer.all_special_ids)


class EmbeddingsProtocol(Embeddings):
    """``llm/v1/embeddings``: requests of the protocol in, its responses out.

    The pooling where neither checkpoint nor caller says one is ``cls``, as in MLflow's own code.
    """

    usual = "cls"

    def rows(self, data: Any) -> list[Any]:
        """Read the requests."""
        return requests_of(data, "input", ("encoding_format",))

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give one response: all texts of all rows, in order, with the tokens they took."""
        if options.get("input") is not None:
            raise BadRequest("input is of the request, and no argument")
        given: list[str] = []
        for row in rows:
            value = row["input"]
            given += texts(list(value) if isinstance(value, list | np.ndarray) else [value])
        how = self.asked(options)
        encoded = self.encode(given, how, options)
        found = self.embed(encoded, how, budget)
        used = sum(len(row["input_ids"]) for row in encoded)
        return {
            "object": "list",
            "data": [
                {"object": "embedding", "index": number, "embedding": vector}
                for number, vector in enumerate(found)
            ],
            "usage": {"prompt_tokens": used, "total_tokens": used},
        }


@dataclass(frozen=True)
class _Asked:
    """What a call asks for.

    Args:
        poolings: How hidden states become a vector; empty for what is declared.
        normalize: Whether vectors are scaled to length 1; None for what is declared.
        prompt: Text that goes before each text.
        size: Numbers that a vector is cut to.
    """

    poolings: tuple[str, ...]
    normalize: bool | None
    prompt: str
    size: int | None


def _prompt(options: dict[str, Any], declared: Sentences | None) -> str:
    given, name = options.get("prompt"), options.get("prompt_name")
    if given is not None:
        return str(given)
    known = declared.prompts if declared else {}
    if name is None:
        name = declared.default_prompt if declared else None
    elif name not in known:
        has = f"known are {', '.join(known)}" if known else "the model declares none"
        raise BadRequest(f"prompt_name {name!r} is not known: {has}")
    return known[name] if name is not None else ""


def _as_declared(tokenizer: Any, config: Any, declared: Sentences | None) -> Any:
    """Give a tokenizer that cuts and lowers texts as is declared; the one given stays as it is."""
    if declared is None:
        return tokenizer
    tokenizer = copy.deepcopy(tokenizer)
    positions = getattr(config, "max_position_embeddings", -1)
    if declared.max_tokens is not None:
        tokenizer.model_max_length = declared.max_tokens
    elif positions != -1:
        tokenizer.model_max_length = min(tokenizer.model_max_length, positions)
    if declared.lower_case and not tokenizer.is_fast:
        tokenizer.do_lower_case = True
    elif declared.lower_case:
        backend = tokenizer.backend_tokenizer
        backend.normalizer = Normalizers([
            Lowercase(), *([backend.normalizer] if backend.normalizer is not None else [])
        ])  # fmt: skip
    return tokenizer


def _padded(parts: Parts, batch: list[Encoded]) -> Any:
    pad = parts.tokenizer.pad_token_id
    fill = {
        "input_ids": pad if pad is not None else 0,
        "token_type_ids": getattr(parts.tokenizer, "pad_token_type_id", 0),
    }
    width = max(1, *(len(row["input_ids"]) for row in batch))
    padded = {
        name: [row[name] + [fill[name]] * (width - len(row[name])) for row in batch]
        for name in batch[0]
    }
    padded["attention_mask"] = [
        [1] * len(row["input_ids"]) + [0] * (width - len(row["input_ids"])) for row in batch
    ]
    return {name: torch.tensor(rows, device=parts.device) for name, rows in padded.items()}


def _array(vectors: torch.Tensor, *, normalize: bool) -> Any:
    scaled = torch.nn.functional.normalize(vectors, dim=-1) if normalize else vectors
    return scaled.double().cpu().numpy()
