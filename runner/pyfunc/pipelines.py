"""Tasks whose transformers pipeline does the work: rows in line, and an output for each."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from transformers import GenerationConfig

from . import batches, lengths
from .adapter import Whole
from .errors import BadRequest, bad_row
from .generation import template_of
from .loading import Parts, learns_prompts, pipeline_of
from .rows import kind_of, structure, texts
from .upstream import PipelineException, with_generation

_EVERY = 1_000_000
"""More labels than any model has."""
_UNTAKEN = {"generation_config", "synced_gpus", "assistant_early_exit"}
_SETTINGS = frozenset(vars(GenerationConfig())) | _UNTAKEN


class Piped(Whole):
    """An adapter around a transformers pipeline."""

    generates = False
    """Whether the pipeline is one that calls ``generate``, where the model has it."""
    own: frozenset[str] = frozenset()
    """What the pipeline takes itself, although generation has a setting of that name."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._pipeline: Any = pipeline_of(parts)
        tokenizer, config = parts.components.get("tokenizer"), parts.model.config
        unpadded = (tokenizer, config) if tokenizer is not None else ()
        lacking = any(getattr(one, "pad_token_id", None) is None for one in unpadded)
        self._pads = not lacking and not learns_prompts(parts.model)

    def _call(self, given: Any, options: dict[str, Any], **more: Any) -> Any:
        """Call the pipeline; settings of generation go into its configuration.

        Where nothing can be padded, rows run one by one.
        """
        arguments = {k: v for k, v in options.items() if v is not None and k != "return_scores"}
        arguments |= more
        if "batch_size" in arguments and not self._pads:
            arguments["batch_size"] = 1
        runs = self._pipeline
        if self.generates:
            settings = arguments.keys() & (_SETTINGS - self.own)
            if not self._parts.model.can_generate():
                settings |= arguments.keys() & {"generate_kwargs"}
            runs = self._generating({name: arguments.pop(name) for name in sorted(settings)})
        return runs(given, **arguments)

    def _generating(self, settings: dict[str, Any]) -> Any:
        """Give the pipeline with other settings of generation."""
        if not settings:
            return self._pipeline
        if not self._parts.model.can_generate():
            raise BadRequest(f"{', '.join(settings)}: of generation, and this model generates not")
        if whole := settings.keys() & _UNTAKEN:
            raise BadRequest(f"{', '.join(sorted(whole))}: not taken; name the settings themselves")
        return with_generation(self._pipeline, settings)

    def _lengths(
        self,
        given: Sequence[Any],
        options: dict[str, Any],
        numbers: Sequence[int] | None = None,
        *,
        whole: bool = False,
    ) -> list[int]:
        """Give the tokens of texts, or of pairs of them, as they are run: those too long are cut.

        Args:
            given: The texts.
            options: ``truncation`` of the call.
            numbers: The rows' numbers, where they are not all rows.
            whole: Whether they are looked at through windows, and nothing of them is cut.
        """
        found = lengths.tokens_of(self._parts.tokenizer, given)
        if not whole:
            lengths.hold(self._parts, found, options, numbers)
        most = self._parts.tokenizer.model_max_length
        return [min(max(1, tokens), most) for tokens in found]


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
        return _EVERY
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
        """Give a table of ``label`` and ``score``; lists of them with ``top_k`` above 1.

        With ``return_all_scores`` the lists have all labels, in the model's order.
        """
        given = [self._row(row, number) for number, row in enumerate(rows)]
        every = bool(options.get("return_all_scores")) and options.get("top_k") is None
        top = _EVERY if every else top_of(options)
        rest = {k: v for k, v in options.items() if k not in ("top_k", "return_all_scores")}
        how: dict[str, Any] = {"return_all_scores": True} if every else {"top_k": top}
        how["truncation"] = lengths.strategy(options)
        found = batches.run(
            given,
            self._lengths(given, options),
            budget,
            lambda b: self._call(b, rest, **how, batch_size=len(b)),
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
        more = self._striding(chosen, options)
        whole = "stride" in {*options, *more}
        tokens = self._lengths(chosen, options, some, whole=whole)
        found = batches.run(
            chosen, tokens, budget, lambda b: self._call(b, options, batch_size=len(b), **more)
        )
        outputs: list[list[dict[str, Any]]] = [[] for _ in given]
        for number, entities in zip(some, found, strict=True):
            outputs[number] = entities
        if options.get("return_scores"):
            return [json.dumps([plain(entity) for entity in one]) for one in outputs]
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
        top, scored = options.get("top_k"), options.get("return_scores")
        if top is not None:
            top = at_least_one("top_k", top)
            options = {**options, "top_k": min(top, len(self._parts.tokenizer))}
        tokens = self._lengths(given, options)
        how = {"truncation": lengths.strategy(options), **(options.get("tokenizer_kwargs") or {})}
        options = {**options, "tokenizer_kwargs": how}
        found = batches.run(given, tokens, budget, lambda batch: self._fill(batch, options))
        if scored:
            return [json.dumps(plain(one)) for one in found]
        return [_tokens_of(one, top or 1) for one in found]

    def _fill(self, batch: list[str], options: dict[str, Any]) -> list[Any]:
        try:
            found = self._call(batch, options, batch_size=len(batch))
        except PipelineException as error:  # its mask is gone, with the end that was cut
            mask = self._parts.tokenizer.mask_token
            raise ValueError(f"in what the model takes of it there is no {mask}") from error
        return [found] if len(batch) == 1 else found


def _tokens_of(found: list[Any], top: int) -> Any:
    """Give the likeliest tokens for one mask: one as text, several as a list; a list of masks."""
    if isinstance(found[0], list):
        return [_tokens_of(mask, top) for mask in found]
    tokens = [one["token_str"].strip() for one in found]
    return tokens[:top] if top > 1 else tokens[0]


def labels_of(given: Any, number: int) -> list[str]:
    """Give the labels of a row: a list, the same as JSON, or a text with commas.

    Args:
        given: What the caller gave.
        number: The row's number, for errors.

    Raises:
        BadRequest: There is none; the error names the row.
    """
    if isinstance(given, str) and given.lstrip().startswith("["):
        given = structure(given, number, "candidate_labels")
    each = given.split(",") if isinstance(given, str) else given
    if not isinstance(each, list | np.ndarray):
        raise bad_row(number, "`candidate_labels` names no label")
    labels = [label.strip() for label in texts(list(each)) if label.strip()]
    if not labels:
        raise bad_row(number, "`candidate_labels` names no label")
    return labels


def plain(value: Any) -> Any:
    """Give a value as JSON has it.

    Args:
        value: What a pipeline gave.
    """
    match value:
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case np.generic() | np.ndarray():
            return value.tolist()
        case _:
            return value
