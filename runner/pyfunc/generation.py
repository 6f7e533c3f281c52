"""Text that goes on from a prompt."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
)

from . import batches
from .errors import BadRequest, bad_row
from .loading import Parts
from .rows import texts
from .settings import generation_of
from .streaming import Generated, Stream

_MOST_NEW_TOKENS = 256
_NOT_GENERATION = frozenset({
    "return_full_text", "include_prompt", "collapse_whitespace", "clean_up_tokenization_spaces",
    "stop", "truncation", "batch_size", "num_workers", "skip_special_tokens", "return_text",
    "presence_penalty", "frequency_penalty",
    "prefix", "src_lang", "tgt_lang", "return_tensors", "return_type",
    "handle_long_generation",
})  # fmt: skip


class Decoder:
    """Runs a causal language model on prompts of any length, padded on the left.

    Args:
        parts: What runs.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._tokenizer = parts.tokenizer
        self._ends = _end_tokens(parts)
        pad = self._tokenizer.pad_token_id
        self._pad = pad if pad is not None else (self._ends[0] if self._ends else 0)
        self._most = int(getattr(parts.model.config, "max_position_embeddings", None) or 0)

    def encode(self, prompts: Sequence[str], *, special: bool = True) -> list[list[int]]:
        """Tokenize prompts; an empty one becomes the beginning token.

        Args:
            prompts: The prompts.
            special: Whether the tokenizer adds its special tokens.

        Raises:
            BadRequest: A prompt has more tokens than the model takes; the error names its row.
        """
        if not prompts:
            return []
        encoded = self._tokenizer(list(prompts), add_special_tokens=special)["input_ids"]
        first = self._tokenizer.bos_token_id
        start = first if first is not None else self._pad
        for number, ids in enumerate(encoded):
            if self._most and len(ids) >= self._most:
                raise bad_row(number, f"it has {len(ids)} tokens, the model takes {self._most - 1}")
        return [ids or [start] for ids in encoded]

    def generate(
        self, batch: Sequence[list[int]], options: dict[str, Any]
    ) -> list[list[Generated]]:
        """Generate for a batch.

        Args:
            batch: Token ids of each prompt.
            options: Arguments of ``generate``, and ``stop``.

        Returns:
            The sequences of each prompt, ``num_return_sequences`` of them. Where the model has
            not positions enough for all the new tokens, a prompt gets those that it has.
        """
        arguments = limits(options, self._parts.model.generation_config)
        new = arguments.get("max_new_tokens")
        width = max(map(len, batch))
        if new and self._most and width + new > self._most:
            if len(batch) > 1:
                return [self.generate([row], options)[0] for row in batch]
            arguments["max_new_tokens"] = self._most - width
        ids = torch.tensor([[self._pad] * (width - len(row)) + row for row in batch])
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in batch])
        stop = _stops(options.get("stop"))
        device = self._parts.device
        penalties = _penalties(options, width)
        sequences = self._parts.model.generate(
            input_ids=ids.to(device),
            attention_mask=mask.to(device),
            pad_token_id=self._pad,
            **({"stop_strings": stop, "tokenizer": self._tokenizer} if stop else {}),
            **penalties,
            **arguments,
        ).tolist()
        each = len(sequences) // len(batch)
        return [
            [self._read(row, sequence[width:], stop) for sequence in sequences[i * each :][:each]]
            for i, row in enumerate(batch)
        ]

    def _read(self, prompt: list[int], new: list[int], stop: list[str]) -> Generated:
        ended = next((i for i, token in enumerate(new) if token in self._ends), None)
        kept = new if ended is None else new[: ended + 1]
        before = self._tokenizer.decode(prompt, skip_special_tokens=True)
        text = self._tokenizer.decode(prompt + kept, skip_special_tokens=True)[len(before) :]
        found = [at for word in stop if (at := text.find(word)) >= 0]
        text = text[: min(found)] if found else text
        return Generated(text, len(kept), finished=ended is not None or bool(found))

    def stream(self, prompt: list[int], options: dict[str, Any]) -> Stream:
        """Generate for one prompt, piece by piece.

        Args:
            prompt: Its token ids.
            options: As for :meth:`generate`.
        """
        limited = limits(options, self._parts.model.generation_config)
        if self._most and "max_new_tokens" in limited:
            most = self._most - len(prompt)
            limited["max_new_tokens"] = min(limited["max_new_tokens"], most)
        ids = torch.tensor([prompt]).to(self._parts.device)
        stop = _stops(options.get("stop"))
        arguments = {
            "input_ids": ids,
            "attention_mask": torch.ones_like(ids),
            "pad_token_id": self._pad,
            **({"stop_strings": stop, "tokenizer": self._tokenizer} if stop else {}),
            **_penalties(options, len(prompt)),
            **limited,
        }

        def generate(**streaming: Any) -> Generated:
            sequence = self._parts.model.generate(**arguments, **streaming)[0].tolist()
            return self._read(prompt, sequence[len(prompt) :], stop)

        return Stream(generate, self._tokenizer, stop)

    def sizes(self, encoded: Sequence[list[int]], options: dict[str, Any]) -> list[int]:
        """Give the tokens that each prompt takes with what is generated for it."""
        new = options.get("max_new_tokens") or _MOST_NEW_TOKENS
        each = options.get("num_return_sequences") or 1
        beams = options.get("num_beams") or 1
        return [(len(ids) + int(new)) * max(int(each), int(beams)) for ids in encoded]


def limits(options: dict[str, Any], config: GenerationConfig) -> dict[str, Any]:
    """Give the arguments of ``generate``; where nobody says how long, 256 new tokens.

    Args:
        options: ``model_config`` and ``params`` together.
        config: The model's own generation configuration.
    """
    given = generation_of(options, _NOT_GENERATION)
    usual = GenerationConfig().max_length
    said = config.max_new_tokens is not None or config.max_length not in (None, usual)
    if "max_new_tokens" not in given and "max_length" not in given and not said:
        given["max_new_tokens"] = _MOST_NEW_TOKENS
    return given


class _Penalties(LogitsProcessor):
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


def _penalties(options: dict[str, Any], start: int) -> dict[str, Any]:
    presence = float(options.get("presence_penalty") or 0)
    frequency = float(options.get("frequency_penalty") or 0)
    if not presence and not frequency:
        return {}
    return {"logits_processor": LogitsProcessorList([_Penalties(start, presence, frequency)])}


def _stops(stop: Any) -> list[str]:
    if stop is None:
        return []
    return [stop] if isinstance(stop, str) else [str(word) for word in stop]


def _end_tokens(parts: Parts) -> list[int]:
    ends = parts.model.generation_config.eos_token_id
    if ends is None:
        return []
    return list(ends) if isinstance(ends, list) else [int(ends)]


def template_of(parts: Parts, row: str) -> str:
    """Put a row into the prompt template, where the model has one."""
    return row if parts.prompt_template is None else parts.prompt_template.format(prompt=row)


def in_one(sequences: list[str]) -> Any:
    """Give one sequence as text, several as a list."""
    return sequences[0] if len(sequences) == 1 else sequences


class TextGeneration:
    """Prompts in, continuations out."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._decoder = Decoder(parts)

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[Any]:
        """Give a text a row; a list of texts where several sequences are asked for."""
        prompts = [template_of(self._parts, text) for text in texts(rows)]
        encoded = self._decoder.encode(prompts)
        sizes = self._decoder.sizes(encoded, options)
        found = batches.run(encoded, sizes, budget, lambda b: self._decoder.generate(b, options))
        whole = options.get("return_full_text")
        whole = whole if whole is not None else self._parts.prompt_template is None
        whole = whole and options.get("include_prompt", True)
        return [
            in_one([cleaned((prompt if whole else "") + one.text, options) for one in sequences])
            for prompt, sequences in zip(prompts, found, strict=True)
        ]

    def stream(self, rows: list[Any], options: dict[str, Any]) -> Iterator[str]:
        """Give the continuation of one prompt, piece by piece."""
        if len(rows) != 1:
            raise BadRequest(f"one row can be streamed, {len(rows)} came")
        prompt = template_of(self._parts, texts(rows)[0])
        yield from self._decoder.stream(self._decoder.encode([prompt])[0], options)


def cleaned(text: str, options: dict[str, Any]) -> str:
    """Take white space off its ends; between its words too, with ``collapse_whitespace``."""
    return " ".join(text.split()) if options.get("collapse_whitespace") else text.strip()
