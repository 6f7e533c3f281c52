"""Texts made of other texts, by models that read the whole before they write."""

import copy
from typing import Any

from transformers import GenerationConfig, StoppingCriteriaList, StopStringCriteria

from . import batches, lengths
from .adapter import Whole
from .decoding import limits
from .errors import BadRequest
from .generation import cleaned, in_one, template_of
from .languages import ARGUMENTS, asked, languages_of, reading
from .loading import Parts, pipeline_of
from .room import NEW, new_at_most
from .rows import texts

_APPLIED = (
    *ARGUMENTS, "collapse_whitespace", "clean_up_tokenization_spaces", "truncation",
    "add_special_tokens", "stop_sequence",
)  # fmt: skip


class TextToText(Whole):
    """Texts in, texts out: summarization, translation and the like.

    The pipelines of these tasks are gone from transformers 5; this is what they did.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        pipeline = pipeline_of(parts)
        made = as_in_4(parts) if pipeline is None else (pipeline.generation_config, pipeline.prefix)
        self._usual: GenerationConfig = made[0]
        self._prefix = str(made[1] or "")

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[Any]:
        """Give a text a row; a list of texts where several sequences are asked for."""
        templated = [template_of(self._parts, text) for text in texts(rows)]
        sources = [self._prefix + text for text in templated]
        tokenizer = self._parts.tokenizer
        languages = self._languages(options)
        special = options.get("add_special_tokens")
        how: dict[str, Any] = {} if special is None else {"add_special_tokens": special}
        how["truncation"] = lengths.strategy(options)
        with reading(tokenizer, languages.get("src_lang")):
            lengths.hold(self._parts, lengths.tokens_of(tokenizer, sources), options)
            encoded = tokenizer(sources, **how)["input_ids"] if sources else []
        begins = self._begins(languages, options)
        beams = int(options.get("num_beams") or self._usual.num_beams or 1)
        sizes = [len(ids) * beams for ids in encoded]
        found = batches.run(
            encoded,
            sizes,
            budget,
            lambda batch: self._generate(batch, options, begins),
        )
        return [in_one([cleaned(text, options) for text in sequences]) for sequences in found]

    def _generate(
        self,
        batch: list[list[int]],
        options: dict[str, Any],
        begins: dict[str, Any],
    ) -> list[list[str]]:
        padded = self._parts.tokenizer.pad(
            {"input_ids": batch}, padding=True, return_tensors="pt", padding_side="right"
        ).to(self._parts.device)
        tokenizer = self._parts.tokenizer
        arguments = self._bounded(limits(options, self._usual, _APPLIED), options)
        if words := arguments.pop("stop_strings", None):  # not by generate, which hands the
            ends = StopStringCriteria(tokenizer, words)  # tokenizer on to models that take none
            arguments["stopping_criteria"] = StoppingCriteriaList([ends])
        if end := options.get("stop_sequence"):  # its first token, as in the pipeline
            arguments["eos_token_id"] = tokenizer.encode(end, add_special_tokens=False)[0]
        generated = self._parts.model.generate(
            input_ids=padded["input_ids"],
            attention_mask=padded["attention_mask"],
            generation_config=copy.deepcopy(self._usual),
            **begins,
            **arguments,
        )
        sequences = getattr(generated, "sequences", generated)
        clean = options.get("clean_up_tokenization_spaces")
        decoded = tokenizer.batch_decode(
            sequences, skip_special_tokens=True, clean_up_tokenization_spaces=clean
        )
        each = len(decoded) // len(batch)
        return [decoded[i * each :][:each] for i in range(len(batch))]

    def _bounded(self, arguments: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        """Bound what is written; what nobody says is left to the model, where it has a place."""
        if "max_new_tokens" in arguments or "max_length" in arguments:
            return new_at_most(self._parts, arguments, options)
        name = "max_length" if self._usual.max_new_tokens is None else "max_new_tokens"
        usual = {name: getattr(self._usual, name)}
        bounded = new_at_most(self._parts, usual, options)
        return arguments if bounded == usual else {**arguments, **bounded}

    def _languages(self, options: dict[str, Any]) -> dict[str, str]:
        """Give the languages that a call names; what it leaves out is as the tokenizer has it."""
        return asked(self._parts.tokenizer, options, self._parts.pipeline_task)

    def _begins(self, languages: dict[str, str], options: dict[str, Any]) -> dict[str, Any]:
        """Give the token that answers begin with, where their language is named."""
        if not (target := languages.get("tgt_lang")):
            return {}
        if options.get("forced_bos_token_id") is not None:
            raise BadRequest("forced_bos_token_id and tgt_lang say the same: give one")
        return {"forced_bos_token_id": languages_of(self._parts.tokenizer)[target]}


class Translation(TextToText):
    """Texts in, their translations out: a model that knows several languages is told both."""

    def _languages(self, options: dict[str, Any]) -> dict[str, str]:
        named = super()._languages(options)
        known = languages_of(self._parts.tokenizer)
        if lacking := [name for name in ARGUMENTS if known and name not in named]:
            raise BadRequest(
                f"{' and '.join(lacking)}: this model translates between languages "
                "that it is told, and none is named"
            )
        return named


def as_in_4(parts: Parts) -> tuple[GenerationConfig, str | None]:
    """Give how the pipelines of transformers 4 generate, and what they put before each text.

    Their own number of beams and of new tokens goes before the model's, and the settings that the
    model has for the task before both; a bound of the whole goes before the new tokens.

    Args:
        parts: What runs.
    """
    config, task = parts.model.config, parts.pipeline_task
    usual = copy.deepcopy(parts.model.generation_config)
    bounded = usual.max_length not in (None, GenerationConfig().max_length)
    usual.update(num_beams=4, max_new_tokens=None if bounded else NEW)
    specific: dict[str, Any] = getattr(config, "task_specific_params", None) or {}
    said = dict(next((specific[name] for name in specific if _is_of(task, name)), None) or {})
    prefix = said.pop("prefix", getattr(config, "prefix", None))
    usual.update(**said)
    return usual, prefix


def _is_of(task: str, name: str) -> bool:
    """Say whether settings are a task's; a translation that names no languages takes any's."""
    return name == task or (name.startswith(f"{task}_") and "_to_" in name)
