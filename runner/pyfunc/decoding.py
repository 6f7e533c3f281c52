"""Decoding: what causal language models generate for prompts, and what ends it."""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import GenerationConfig

from .errors import BadRequest, blaming
from .loading import Parts, learns_prompts, pipeline_of
from .penalties import penalties
from .room import NEW, Room
from .streaming import Generated, Stream
from .upstream import usual_generation, usual_prefix

_SHAPING = frozenset({
    "return_full_text", "include_prompt", "collapse_whitespace", "clean_up_tokenization_spaces",
    "stop", "stop_sequence", "skip_special_tokens", "presence_penalty", "frequency_penalty",
    "prefix", "add_special_tokens", "truncation", "tokenizer_encode_kwargs", "prompt",
    "handle_long_generation", "continue_final_message", "src_lang", "tgt_lang",
    "return_tensors", "return_type", "return_text", "generation_config", "is_split_into_words",
    "assistant_early_exit",
})  # fmt: skip
"""What shapes a prompt or an answer, and is no argument of ``generate``.

The last one is: it changes the model while it runs, and leaves it changed where it fails.
"""
_OF_SPEED = frozenset({"batch_size", "num_workers", "padding", "timeout", "generate_kwargs"})
"""What changes no answer: batches and padding are this code's own affair, files come read."""
_OF_DECODERS = frozenset({
    "clean_up_tokenization_spaces", "stop", "stop_sequence", "skip_special_tokens", "prefix",
    "presence_penalty", "frequency_penalty", "add_special_tokens", "truncation",
    "tokenizer_encode_kwargs", "handle_long_generation",
})  # fmt: skip


class Decoder:
    """Runs a causal language model on prompts of any length, padded on the left.

    What nobody says is as in the pipeline of transformers: what the model's own generation
    configuration has, else the defaults of the pipeline.

    Args:
        parts: What runs.
        applied: Options that its caller applies.
    """

    def __init__(self, parts: Parts, applied: Iterable[str] = ()) -> None:
        self._parts = parts
        self._applied = _OF_DECODERS.union(applied)
        self._tokenizer = parts.tokenizer
        pipeline = pipeline_of(parts)
        self._usual, self._prefix = usual_generation(pipeline), usual_prefix(pipeline)
        pad, ends = self._tokenizer.pad_token_id, _listed(self._usual.eos_token_id)
        self._pad = pad if pad is not None else (ends[0] if ends else 0)
        self._pads = not learns_prompts(parts.model)
        self._room = Room(parts)

    def encode(
        self,
        prompts: Sequence[str],
        options: dict[str, Any],
        *,
        special: bool = True,
        first: int = 0,
        new: int | None = None,
    ) -> list[list[int]]:
        """Tokenize prompts; an empty one becomes the beginning token.

        Args:
            prompts: The prompts.
            options: ``prefix``, ``truncation`` and the like.
            special: Whether the tokenizer adds its special tokens.
            first: Number of the first row.
            new: New tokens that are asked for, where the options do not say it.

        Raises:
            BadRequest: A prompt leaves no place for what is to be generated, and is not to be cut;
                the error names its row.
        """
        if not prompts:
            return []
        how: dict[str, Any] = {"add_special_tokens": special}
        if (added := options.get("add_special_tokens")) is not None:
            if not special:
                raise BadRequest("add_special_tokens is not taken: the chat template writes them")
            how["add_special_tokens"] = added
        if options.get("truncation") is not None:
            how |= {"truncation": options["truncation"], "max_length": options.get("max_length")}
        how |= (options.get("tokenizer_encode_kwargs") or {}) if special else {}
        prefix = options.get("prefix")
        if prefix is None:
            prefix = self._prefix if special else ""
        begun = [prefix + prompt for prompt in prompts]
        with blaming(list(range(first, first + len(begun)))):
            encoded = self._tokenizer(begun, verbose=False, **how)["input_ids"]
        if options.get("handle_long_generation") == "hole":
            encoded = [self._with_hole(ids, options) for ids in encoded]
        begin = self._tokenizer.bos_token_id
        start = begin if begin is not None else self._pad
        said = {**options, **(options.get("generate_kwargs") or {})}
        asked = int(new or said.get("max_new_tokens") or 0)
        whole = [ids or [start] for ids in encoded]
        return self._room.fit(whole, asked, self._usual.max_new_tokens, options, first)

    def _with_hole(self, ids: list[int], options: dict[str, Any]) -> list[int]:
        """Leave off the beginning of a prompt that has no place for what is to be generated."""
        longest = self._tokenizer.model_max_length
        new = int(options.get("max_new_tokens") or self._usual.max_new_tokens or NEW)
        kept = longest - new
        if len(ids) <= kept:
            return ids
        if kept <= 0:
            raise BadRequest(f"{new} new tokens leave no place for a prompt: {longest} is all")
        return ids[-kept:]

    def answers_at_most(self, options: dict[str, Any]) -> int:
        """Give how many different answers there are to one prompt; 0 where no number bounds them.

        Args:
            options: Arguments of ``generate``.
        """
        sampled = options.get("do_sample")
        if sampled if sampled is not None else self._usual.do_sample:
            return 0
        return int(options.get("num_beams") or self._usual.num_beams or 1)

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
        width = max(map(len, batch))
        uneven = not self._pads and width > min(map(len, batch))
        if len(batch) > 1 and (uneven or self._left(width, options)):
            return [self.generate([row], options)[0] for row in batch]
        how = self._how(options)
        ids = torch.tensor([[self._pad] * (width - len(row)) + row for row in batch])
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in batch])
        generated = self._parts.model.generate(**self._arguments(ids, mask, options, how))
        sequences = getattr(generated, "sequences", generated).tolist()
        each = len(sequences) // len(batch)
        return [
            [self._read(row, sequence[width:], how) for sequence in sequences[i * each :][:each]]
            for i, row in enumerate(batch)
        ]

    def _left(self, width: int, options: dict[str, Any]) -> int | None:
        given = limits(options, self._usual, self._applied)
        return self._room.left(width, given.get("max_new_tokens", self._usual.max_new_tokens))

    def _arguments(
        self, ids: Any, mask: Any, options: dict[str, Any], how: "_Ending"
    ) -> dict[str, Any]:
        """Give all arguments of ``generate``."""
        given = limits(options, self._usual, self._applied)
        width = ids.shape[1]
        if left := self._left(width, options):
            given["max_new_tokens"] = left
        if how.ends:
            given["eos_token_id"] = how.ends
        if how.words:
            given |= {"stop_strings": how.words, "tokenizer": self._tokenizer}
        return {
            "input_ids": ids.to(self._parts.device),
            "attention_mask": mask.to(self._parts.device),
            "generation_config": copy.deepcopy(self._usual),
            "pad_token_id": self._pad,
            **penalties(options, width),
            **given,
        }

    def _how(self, options: dict[str, Any]) -> "_Ending":
        ends = options.get("eos_token_id", self._usual.eos_token_id)
        if sequence := options.get("stop_sequence"):  # each of its tokens, as in the pipeline
            ends = self._tokenizer.encode(sequence, add_special_tokens=False)
        stop = _words(options.get("stop"))
        whole = {"skip_special_tokens": options.get("skip_special_tokens", True)}
        if (clean := options.get("clean_up_tokenization_spaces")) is not None:
            whole["clean_up_tokenization_spaces"] = clean
        given = _words(options.get("stop_strings"))
        return _Ending(_listed(ends), stop, [*stop, *given], options.get("pad_token_id"), whole)

    def _read(self, prompt: list[int], new: list[int], how: "_Ending") -> Generated:
        ended = next((i for i, token in enumerate(new) if token in how.ends), None)
        kept = new if ended is None else new[: ended + 1]
        before = self._tokenizer.decode(prompt, **how.decoding)
        text = self._tokenizer.decode(prompt + kept, **how.decoding)[len(before) :]
        finished = ended is not None
        raw = self._tokenizer.decode(kept, skip_special_tokens=False) if how.words else ""
        if any(word in text or word in raw for word in how.words):
            finished = True
            pad = self._pad if how.pad is None else how.pad
            while kept and kept[-1] == pad:  # others of the batch went on
                kept = kept[:-1]
            text = self._tokenizer.decode(prompt + kept, **how.decoding)[len(before) :]
        found = [at for word in how.stop if (at := text.find(word)) >= 0]
        return Generated(text[: min(found)] if found else text, len(kept), finished=finished)

    def stream(self, prompt: list[int], options: dict[str, Any]) -> Stream:
        """Generate for one prompt, piece by piece.

        Args:
            prompt: Its token ids.
            options: As for :meth:`generate`.
        """
        ids, how = torch.tensor([prompt]), self._how(options)
        arguments = self._arguments(ids, torch.ones_like(ids), options, how)

        def generate(**streaming: Any) -> Generated:
            generated = self._parts.model.generate(**arguments, **streaming)
            sequence = getattr(generated, "sequences", generated)[0].tolist()
            return self._read(prompt, sequence[len(prompt) :], how)

        return Stream(generate, self._tokenizer, how.stop, how.decoding)

    def sizes(self, encoded: Sequence[list[int]], options: dict[str, Any]) -> list[int]:
        """Give the tokens that each prompt takes with what is generated for it."""
        new = options.get("max_new_tokens") or NEW
        each = options.get("num_return_sequences") or 1
        beams = options.get("num_beams") or 1
        return [(len(ids) + int(new)) * max(int(each), int(beams)) for ids in encoded]


@dataclass(frozen=True)
class _Ending:
    """How a sequence ends, and how it becomes text.

    Args:
        ends: Tokens that end it.
        stop: Words that end it, and are no part of it.
        words: These, and words that end it and are part of it.
        pad: The token that fills it up, where the caller names one.
        decoding: Arguments of the tokenizer's ``decode``.
    """

    ends: list[int]
    stop: list[str]
    words: list[str]
    pad: int | None
    decoding: dict[str, Any]


def limits(
    options: dict[str, Any], config: GenerationConfig, applied: Iterable[str] = ()
) -> dict[str, Any]:
    """Give the arguments of ``generate``; where nobody says how long, 256 new tokens.

    Args:
        options: ``model_config`` and ``params`` together.
        config: The model's own generation configuration.
        applied: Options beside them that the caller applies.

    Raises:
        BadRequest: An option is neither.
    """
    said = {k: v for k, v in options.items() if v is not None}
    said |= options.get("generate_kwargs") or {}
    if unknown := sorted(said.keys() & _SHAPING.difference(applied)):
        raise BadRequest(f"{', '.join(unknown)}: not taken by the inference code of this task")
    given = {k: v for k, v in said.items() if k not in _SHAPING | _OF_SPEED}
    usual = GenerationConfig().max_length
    limited = config.max_new_tokens is not None or config.max_length not in (None, usual)
    if "max_length" in given:
        given.setdefault("max_new_tokens", None)
    elif "max_new_tokens" not in given and not limited:
        given["max_new_tokens"] = NEW
    return given


def _words(given: Any) -> list[str]:
    """Give words that end a text; the empty one, which begins every text, is none."""
    words = [given] if given is None or isinstance(given, str) else [str(word) for word in given]
    return [word for word in words if word]


def _listed(tokens: Any) -> list[int]:
    if tokens is None:
        return []
    return [int(token) for token in tokens] if isinstance(tokens, list) else [int(tokens)]
