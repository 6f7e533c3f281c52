"""Answers found in a text; the pipeline for it is gone from transformers 5."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import batches
from .adapter import Whole
from .errors import BadRequest, bad_row, blaming
from .rows import records

_LONGEST_ANSWER = 15
_WINDOW = 384


class QuestionAnswering(Whole):
    """Questions and contexts in, the answers found in the contexts out.

    Long contexts are looked at through overlapping windows (``doc_stride`` tokens shared). Source:
    span decoding as in ``QuestionAnsweringPipeline`` of transformers 4.57.
    """

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[Any]:
        """Give a text a row, or the best ``top_k`` as a list; with ``return_scores`` as JSON."""
        given = [one for number, row in enumerate(rows) for one in _asked(row, number)]
        how = _Decoding.of(options)
        windows, owner = self._windows(given, options)
        lengths = [len(window["input_ids"]) for window in windows]
        scored = batches.run(windows, lengths, budget, lambda batch: self._scores(batch))
        found: list[list[dict[str, Any]]] = []
        for number, row in enumerate(given):
            own = [(windows[i], scored[i]) for i, owned in enumerate(owner) if owned == number]
            found.append(self._answers(row["context"], own, how))
        if options.get("return_scores"):
            return [json.dumps(best if how.top_k > 1 else best[0]) for best in found]
        answers = [[one["answer"].strip() for one in best] for best in found]
        return answers if how.top_k > 1 else [best[0] for best in answers]

    def _windows(
        self, given: list[dict[str, Any]], options: dict[str, Any]
    ) -> tuple[list[Any], list[int]]:
        """Tokenize pairs into windows; give each with the number of its row."""
        tokenizer = self._parts.tokenizer
        right = tokenizer.padding_side == "right"
        longest = int(options.get("max_seq_len") or min(tokenizer.model_max_length, _WINDOW))
        windows: list[Any] = []
        owner: list[int] = []
        for number, row in enumerate(given):
            pair = (row["question"], row["context"])
            stride = self._stride(row["question"], longest, options, number)
            with blaming([number]):
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

    def _stride(self, question: str, longest: int, options: dict[str, Any], number: int) -> int:
        """Give the tokens that windows share: those asked for, else fewer than the context gets.

        Raises:
            BadRequest: The question leaves the context no place in a window.
        """
        tokenizer = self._parts.tokenizer
        asked = len(tokenizer(question, add_special_tokens=False, verbose=False)["input_ids"])
        places = longest - asked - tokenizer.num_special_tokens_to_add(pair=True)
        if places < 1:
            why = f"the question has {asked} tokens, and a window {longest}"
            raise bad_row(number, f"{why}: none is left for the context")
        return int(options.get("doc_stride") or min(longest // 2, 128, places - 1))

    def _scores(self, batch: list[Any]) -> list[Any]:
        tokenizer = self._parts.tokenizer
        names = [name for name in ("input_ids", "token_type_ids") if name in batch[0]]
        inputs = {name: [window[name] for window in batch] for name in names}
        # on the right, whatever the tokenizer's side: so each token has the position it has alone
        padded = tokenizer.pad(inputs, padding=True, padding_side="right", return_tensors="pt")
        padded = padded.to(self._parts.device)
        out = self._parts.model(**padded)
        starts, ends = out.start_logits.float().cpu().numpy(), out.end_logits.float().cpu().numpy()
        mask = padded["attention_mask"].cpu().numpy().astype(bool)
        return [(s[m], e[m]) for s, e, m in zip(starts, ends, mask, strict=True)]

    def _answers(
        self, context: str, windows: list[tuple[Any, Any]], how: "_Decoding"
    ) -> list[dict[str, Any]]:
        """Give the best answers to one question, the best first; one at least.

        Spans that come to the same text, in other cases too, are one answer: their scores add up.
        """
        tokenizer = self._parts.tokenizer
        part = 1 if tokenizer.padding_side == "right" else 0
        nothing: dict[str, Any] = {"score": 0.0, "start": 0, "end": 0, "answer": ""}
        answers: dict[str, dict[str, Any]] = {}
        null_score = 1e6
        for window, (starts, ends) in windows:
            encoding = window["encoding"]
            # as the pipeline, which masks nothing where the context comes first
            allowed = np.array([not part or sequence == part for sequence in encoding.sequence_ids])
            if tokenizer.cls_token_id is not None:
                allowed |= np.array(window["input_ids"]) == tokenizer.cls_token_id
            start, end = _softmax(starts, allowed), _softmax(ends, allowed)
            null_score = min(null_score, float(start[0] * end[0]))
            start[0] = end[0] = 0.0
            for at, to, score in _spans(start, end, allowed, how):
                left, right = _characters(encoding, at, to, part, words=how.align_to_words)
                text = context[left:right]
                known = answers.setdefault(
                    text.lower(), {**nothing, "start": left, "end": right, "answer": text}
                )
                known["score"] += score
        found = list(answers.values())
        if how.handle_impossible_answer:
            found.append({**nothing, "score": null_score})
        best = sorted(found, key=lambda answer: answer["score"], reverse=True)
        return best[: how.top_k] or [nothing]


@dataclass(frozen=True)
class _Decoding:
    """How answers are found among the spans."""

    top_k: int
    max_answer_len: int
    align_to_words: bool
    handle_impossible_answer: bool

    @classmethod
    def of(cls, options: dict[str, Any]) -> "_Decoding":
        """Read the options of a call.

        Raises:
            BadRequest: One is out of its range.
        """
        given = {name: options.get(name) for name in ("top_k", "max_answer_len")}
        if given["top_k"] is None:
            given["top_k"] = options.get("topk")
        if options.get("max_question_len") is not None:
            raise BadRequest("max_question_len is not taken: questions come whole")
        for name, value in given.items():
            if value is not None and int(value) < 1:
                raise BadRequest(f"{name} is {value}, and must be at least 1")
        words = options.get("align_to_words")
        return cls(
            top_k=int(given["top_k"] or 1),
            max_answer_len=int(given["max_answer_len"] or _LONGEST_ANSWER),
            align_to_words=words is None or bool(words),
            handle_impossible_answer=bool(options.get("handle_impossible_answer")),
        )


def _asked(row: Any, number: int) -> list[dict[str, Any]]:
    """Give the questions of a row: several questions may share a context, or bring their own."""
    (given,) = records([row], ["question", "context"], number)
    questions = given["question"] if isinstance(given["question"], list) else [given["question"]]
    contexts = given["context"] if isinstance(given["context"], list) else [given["context"]]
    contexts = contexts * len(questions) if len(contexts) == 1 else contexts
    if len(questions) != len(contexts):
        raise bad_row(number, f"{len(questions)} questions came with {len(contexts)} contexts")
    asked = [{"question": q, "context": c} for q, c in zip(questions, contexts, strict=True)]
    for one in asked:
        for name, text in one.items():
            if not isinstance(text, str) or not text.strip():
                raise bad_row(number, f"`{name}` is to be text that is not empty")
    return asked


def _softmax(logits: Any, allowed: Any) -> Any:
    masked = np.where(allowed, logits, -10000.0)
    exponents = np.exp(masked - masked.max())
    return exponents / exponents.sum()


def _spans(start: Any, end: Any, allowed: Any, how: _Decoding) -> Iterator[tuple[int, int, float]]:
    """Give the likeliest spans, more than are asked for where words will join some."""
    wanted = how.top_k * 2 + 10 if how.align_to_words else how.top_k
    table = np.tril(np.triu(np.outer(start, end)), how.max_answer_len - 1)
    flat = table.ravel()
    if wanted == 1:
        order = np.array([flat.argmax()])
    elif len(flat) < wanted:
        order = np.argsort(-flat)
    else:
        likeliest = np.argpartition(-flat, wanted)[:wanted]
        order = likeliest[np.argsort(-flat[likeliest])]
    for at, to in zip(*np.unravel_index(order, table.shape), strict=True):
        if allowed[at] and allowed[to]:
            yield int(at), int(to), float(table[at, to])


def _characters(encoding: Any, start: int, end: int, part: int, *, words: bool) -> tuple[int, int]:
    """Give the characters of a span of tokens, whole words where the tokenizer knows words."""
    if words:
        first, last = encoding.token_to_word(start), encoding.token_to_word(end)
        left = None if first is None else encoding.word_to_chars(first, part)
        right = None if last is None else encoding.word_to_chars(last, part)
        if left and right:
            return left[0], right[1]
    return encoding.offsets[start][0], encoding.offsets[end][1]
