"""Answers found in a text; the pipeline for it is gone from transformers 5."""

import json
from typing import Any

import numpy as np

from . import batches
from .adapter import Whole
from .errors import bad_row
from .rows import records

_LONGEST_ANSWER = 15
_WINDOW = 384
_LONGEST_QUESTION = 64


class QuestionAnswering(Whole):
    """Questions and contexts in, the answers found in the contexts out.

    Long contexts are looked at through overlapping windows (``doc_stride`` tokens shared). Source:
    span decoding as in ``QuestionAnsweringPipeline`` of transformers 4.
    """

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[Any]:
        """Give a text a row: the answer; with ``return_scores`` as JSON with score and place."""
        given = records(rows, ["question", "context"])
        for number, row in enumerate(given):
            for name in ("question", "context"):
                if not isinstance(row[name], str) or not row[name].strip():
                    raise bad_row(number, f"`{name}` is to be text that is not empty")
        windows, owner = self._windows(given, options)
        lengths = [len(window["input_ids"]) for window in windows]
        scored = batches.run(windows, lengths, budget, lambda batch: self._scores(batch))
        found = [
            self._best(number, given, windows, owner, scored, options)
            for number in range(len(given))
        ]
        if options.get("return_scores"):
            return [json.dumps(one) for one in found]
        return [one["answer"].strip() for one in found]

    def _windows(
        self, given: list[dict[str, Any]], options: dict[str, Any]
    ) -> tuple[list[Any], list[int]]:
        """Tokenize pairs into windows; give each with the number of its row."""
        tokenizer = self._parts.tokenizer
        right = tokenizer.padding_side == "right"
        longest = int(options.get("max_seq_len") or min(tokenizer.model_max_length, _WINDOW))
        stride = int(options.get("doc_stride") or min(longest // 2, 128))
        windows: list[Any] = []
        owner: list[int] = []
        for number, row in enumerate(given):
            pair = (row["question"], row["context"])
            encoded = tokenizer(
                *(pair if right else pair[::-1]),
                truncation="only_second" if right else "only_first",
                max_length=longest,
                stride=stride,
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
                return_special_tokens_mask=True,
            )
            for window in range(len(encoded["input_ids"])):
                kept = {k: encoded[k][window] for k in ("input_ids", "offset_mapping")}
                if "token_type_ids" in encoded:
                    kept["token_type_ids"] = encoded["token_type_ids"][window]
                kept["encoding"] = encoded.encodings[window]
                windows.append(kept)
                owner.append(number)
        return windows, owner

    def _scores(self, batch: list[Any]) -> list[Any]:
        tokenizer = self._parts.tokenizer
        names = [name for name in ("input_ids", "token_type_ids") if name in batch[0]]
        inputs = {name: [window[name] for window in batch] for name in names}
        padded = tokenizer.pad(inputs, padding=True, return_tensors="pt").to(self._parts.device)
        out = self._parts.model(**padded)
        starts, ends = out.start_logits.float().cpu().numpy(), out.end_logits.float().cpu().numpy()
        mask = padded["attention_mask"].cpu().numpy().astype(bool)
        return [(s[m], e[m]) for s, e, m in zip(starts, ends, mask, strict=True)]

    def _best(
        self,
        number: int,
        given: list[dict[str, Any]],
        windows: list[Any],
        owner: list[int],
        scored: list[Any],
        options: dict[str, Any],
    ) -> dict[str, Any]:
        most = int(options.get("max_answer_len") or _LONGEST_ANSWER)
        part = 1 if self._parts.tokenizer.padding_side == "right" else 0
        best: dict[str, Any] = {"score": 0.0, "start": 0, "end": 0, "answer": ""}
        first = int(self._parts.tokenizer.cls_token_id or -1)
        for window, (starts, ends) in (
            (windows[i], scored[i]) for i, o in enumerate(owner) if o == number
        ):
            encoding = window["encoding"]
            inside = np.array([sequence == part for sequence in encoding.sequence_ids])
            allowed = inside | np.array([token == first for token in window["input_ids"]])
            start, end = _softmax(starts, allowed), _softmax(ends, allowed)
            start, end = np.where(inside, start, 0.0), np.where(inside, end, 0.0)
            table = np.tril(np.triu(np.outer(start, end)), most - 1)
            at, to = np.unravel_index(int(table.argmax()), table.shape)
            score = float(table[at, to])
            if score > best["score"]:
                left, right = _characters(encoding, int(at), int(to), part)
                text = given[number]["context"][left:right]
                best = {"score": score, "start": left, "end": right, "answer": text}
        return best


def _softmax(logits: Any, allowed: Any) -> Any:
    masked = np.where(allowed, logits, -10000.0)
    exponents = np.exp(masked - masked.max())
    return exponents / exponents.sum()


def _characters(encoding: Any, start: int, end: int, part: int) -> tuple[int, int]:
    """Give the characters of a span of tokens, whole words where the tokenizer knows words."""
    first, last = encoding.token_to_word(start), encoding.token_to_word(end)
    if first is None or last is None:
        return encoding.offsets[start][0], encoding.offsets[end][1]
    return encoding.word_to_chars(first, part)[0], encoding.word_to_chars(last, part)[1]
