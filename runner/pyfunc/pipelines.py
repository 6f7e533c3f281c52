"""Tasks whose transformers pipeline does the work: rows in line, and an output for each."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import transformers

from . import batches
from .adapter import Whole
from .errors import BadRequest, bad_row
from .generation import template_of
from .loading import Parts
from .media import audio_of
from .rows import kind_of, records, structure, texts


class Piped(Whole):
    """An adapter around a transformers pipeline."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        build: Any = transformers.pipeline
        self._pipeline = build(parts.pipeline_task, model=parts.model, **parts.components)

    def _call(self, given: Any, options: dict[str, Any], **more: Any) -> Any:
        arguments = {k: v for k, v in options.items() if v is not None and k != "return_scores"}
        return self._pipeline(given, **{**arguments, **more})

    def _lengths(self, given: Sequence[str]) -> list[int]:
        encoded = self._parts.tokenizer(list(given), truncation=True)["input_ids"] if given else []
        return [max(1, len(ids)) for ids in encoded]


def ranked(found: Sequence[Sequence[dict[str, Any]]], columns: Sequence[str], top: int) -> Any:
    """Give a table of the best labels: one a row, or the best ``top`` as lists.

    Args:
        found: For each row its labels with scores, the best first.
        columns: Columns in order.
        top: How many labels a row; 1 for the label itself.
    """
    if top == 1:
        return pd.DataFrame(
            [{c: best[0][c] for c in columns} for best in found], columns=pd.Index(columns)
        )
    lists = [{c: [one[c] for one in best[:top]] for c in columns} for best in found]
    return pd.DataFrame(lists, columns=pd.Index(columns))


def top_of(options: dict[str, Any]) -> int:
    """Give how many labels are asked for: all of them with ``return_scores``, else ``top_k``."""
    top = options.get("top_k")
    if options.get("return_scores") and top is None:
        return 1_000_000
    return 1 if top is None else at_least_one("top_k", top)


def at_least_one(name: str, value: Any) -> int:
    """Give the value of an argument that is a whole number from 1 on.

    Raises:
        BadRequest: It is less.
    """
    if int(value) < 1:
        raise BadRequest(f"{name} is {value}, and must be at least 1")
    return int(value)


class TextClassification(Piped):
    """Texts, or pairs of texts, in; labels with scores out."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give a table of ``label`` and ``score``; lists of them with ``top_k`` above 1."""
        given = [self._row(row, number) for number, row in enumerate(rows)]
        top = top_of(options)
        rest = {k: v for k, v in options.items() if k != "top_k"}
        shown = [g if isinstance(g, str) else " ".join(g.values()) for g in given]
        found = batches.run(
            given,
            self._lengths(shown),
            budget,
            lambda b: self._call(
                b, rest, top_k=top, batch_size=len(b), truncation=options.get("truncation", True)
            ),
        )
        return ranked(found, ("label", "score"), top)

    def _row(self, row: Any, number: int) -> Any:
        if isinstance(row, dict) and set(row) <= {"text", "text_pair"} and "text" in row:
            return {name: texts([text])[0] for name, text in row.items()}
        if not isinstance(row, str):
            raise bad_row(number, f"text is wanted, not {kind_of(row)}")
        return row


class TokenClassification(Piped):
    """Texts in; the labels of their tokens out, joined by commas, or in full as JSON."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[str]:
        """Give a text a row: empty where there is no entity."""
        given = texts(rows)
        some = [number for number, text in enumerate(given) if text.strip()]
        chosen = [given[number] for number in some]
        lengths = self._lengths(chosen)
        more = self._striding(chosen, options)
        found = batches.run(
            chosen, lengths, budget, lambda b: self._call(b, options, batch_size=len(b), **more)
        )
        outputs: list[list[dict[str, Any]]] = [[] for _ in given]
        for number, entities in zip(some, found, strict=True):
            outputs[number] = entities
        if options.get("return_scores"):
            return [json.dumps([_plain(entity) for entity in one]) for one in outputs]
        return [",".join(e.get("entity_group") or e["entity"] for e in one) for one in outputs]

    def _striding(self, given: list[str], options: dict[str, Any]) -> dict[str, Any]:
        """Look at long texts through overlapping windows, where the pipeline can join them."""
        longest = self._parts.tokenizer.model_max_length
        grouped = options.get("aggregation_strategy") not in (None, "none")
        if "stride" in options or not grouped or not self._parts.tokenizer.is_fast:
            return {}
        encoded = self._parts.tokenizer(given)["input_ids"] if given else []
        return {"stride": longest // 4} if any(len(ids) > longest for ids in encoded) else {}


class FillMask(Piped):
    """Texts with masks in; what they most likely stand for out."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[Any]:
        """Give a token a row, or the best ``top_k``; a list with an item a mask where it has more.

        White space around tokens is left off; with ``return_scores`` the JSON of all has it.
        """
        given = [template_of(self._parts, text) for text in texts(rows)]
        for number, text in enumerate(given):
            if self._parts.tokenizer.mask_token not in text:
                raise bad_row(number, f"it has no {self._parts.tokenizer.mask_token}")
        top = options.get("top_k")
        if top is not None:
            top = at_least_one("top_k", top)
            options = {**options, "top_k": min(top, len(self._parts.tokenizer))}
        found = batches.run(
            given, self._lengths(given), budget, lambda batch: self._fill(batch, options)
        )
        if options.get("return_scores"):
            return [json.dumps(_plain(one)) for one in found]
        return [_tokens_of(one, top or 1) for one in found]

    def _fill(self, batch: list[str], options: dict[str, Any]) -> list[Any]:
        found = self._call(batch, options, batch_size=len(batch))
        return [found] if len(batch) == 1 else found


def _tokens_of(found: list[Any], top: int) -> Any:
    """Give the likeliest tokens for one mask: one as text, several as a list; a list of masks."""
    if isinstance(found[0], list):
        return [_tokens_of(mask, top) for mask in found]
    tokens = [one["token_str"].strip() for one in found]
    return tokens[:top] if top > 1 else tokens[0]


class ZeroShot(Piped):
    """Texts and labels in; a table with a row for each text and label out."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:  # noqa: ARG002
        """Give ``sequence``, ``labels`` and ``scores``, the best label of a text first."""
        table: list[dict[str, Any]] = []
        for number, row in enumerate(records(rows, ["sequences", "candidate_labels"])):
            for found in batches.run(
                [row], [1], 1, lambda b, n=number: [self._score(b[0], n, options)]
            )[0]:
                scored = zip(found["labels"], found["scores"], strict=True)
                table += [
                    {"sequence": found["sequence"], "labels": lb, "scores": sc} for lb, sc in scored
                ]
        return pd.DataFrame(table, columns=pd.Index(["sequence", "labels", "scores"]))

    def _score(self, row: dict[str, Any], number: int, options: dict[str, Any]) -> list[Any]:
        labels = row["candidate_labels"]
        if isinstance(labels, str) and labels.lstrip().startswith("["):
            labels = structure(labels, number, "candidate_labels")
        labels = labels.split(",") if isinstance(labels, str) else list(labels)
        labels = [label.strip() for label in texts(labels) if label.strip()]
        if not labels:
            raise bad_row(number, "`candidate_labels` names no label")
        sequences = row["sequences"]
        given = texts(list(sequences) if isinstance(sequences, list | np.ndarray) else [sequences])
        template = row.get("hypothesis_template") or options.get("hypothesis_template")
        more = {"hypothesis_template": template} if template else {}
        rest = {k: v for k, v in options.items() if k not in ("candidate_labels", *more)}
        return self._call(given, rest, candidate_labels=labels, batch_size=len(labels), **more)


class TableAnswers(Piped):
    """Questions and tables in; answers out."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[str]:  # noqa: ARG002
        """Give a text a row."""
        found: list[str] = []
        for number, row in enumerate(records(rows, ["query", "table"])):
            table = structure(row["table"], number, "table")
            queries = row["query"] if isinstance(row["query"], list) else [row["query"]]
            for query in texts(queries):
                given = {"table": table, "query": query}
                answer = batches.run([given], [1], 1, lambda b: [self._call(b[0], options)])[0]
                found.append(str(answer["answer"]).strip())
        return found


class SpeechRecognition(Piped):
    """Recordings in; what is said out, with its times as JSON where they are asked for."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[str]:
        """Give a text a row. Recordings run one by one: padding would change what is heard."""
        rate = self._parts.components["feature_extractor"].sampling_rate
        given = [audio_of(row, number, rate) for number, row in enumerate(rows)]
        found = batches.run(
            given,
            [budget] * len(given),
            budget,
            lambda batch: [self._call(batch[0].copy(), options)],
        )
        if options.get("return_timestamps"):
            return [json.dumps(_plain(one), ensure_ascii=False) for one in found]
        return [one["text"].strip() for one in found]


class AudioClassification(Piped):
    """Recordings in; labels with scores out."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give a table of ``score`` and ``label``; lists of them with ``top_k`` above 1."""
        rate = self._parts.components["feature_extractor"].sampling_rate
        given = [audio_of(row, number, rate) for number, row in enumerate(rows)]
        top = top_of(options)
        rest = {k: v for k, v in options.items() if k != "top_k"}
        top_k = min(top, len(self._parts.model.config.id2label))
        found = batches.run(
            given, [budget] * len(given), budget, lambda b: [self._call(b[0], rest, top_k=top_k)]
        )
        return ranked(found, ("score", "label"), top)


class TextToAudio(Piped):
    """Texts in; their sound out."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give a table of ``audio`` (samples, float32) and ``sampling_rate`` (Hz)."""
        given = texts(rows)
        for number, text in enumerate(given):
            if not text.strip():
                raise bad_row(number, "it says nothing")
        generate = {k: v for k, v in options.items() if v is not None}
        more = {"generate_kwargs": generate} if self._parts.model.can_generate() else {}
        found = batches.run(
            given, [budget] * len(given), budget, lambda b: [self._call(b[0], {}, **more)]
        )
        sounds = [
            {
                "audio": np.asarray(one["audio"], np.float32).reshape(-1),
                "sampling_rate": int(one["sampling_rate"]),
            }
            for one in found
        ]
        return pd.DataFrame(sounds, columns=pd.Index(["audio", "sampling_rate"]))


def _plain(value: Any) -> Any:
    """Give a value as JSON has it."""
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case np.generic() | np.ndarray():
            return value.tolist()
        case _:
            return value
