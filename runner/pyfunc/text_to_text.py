"""Texts made of other texts, by models that read the whole before they write."""

from typing import Any

from . import batches, lengths
from .adapter import Whole
from .decoding import limits
from .errors import BadRequest
from .generation import cleaned, in_one, template_of
from .languages import ARGUMENTS, asked, languages_of, reading
from .loading import Parts
from .room import new_at_most
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
        config = parts.model.config
        specific = getattr(config, "task_specific_params", None) or {}
        self._usual: dict[str, Any] = dict(specific.get(parts.pipeline_task) or {})
        self._prefix = str(self._usual.pop("prefix", getattr(config, "prefix", None)) or "")
        for name in ("max_length", "num_beams"):
            if getattr(parts.model.generation_config, name, None) not in (None, 1, 20):
                self._usual.pop(name, None)
        if "num_beams" not in self._usual and parts.model.generation_config.num_beams in (None, 1):
            self._usual["num_beams"] = 4

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[Any]:
        """Give a text a row; a list of texts where several sequences are asked for."""
        templated = [template_of(self._parts, text) for text in texts(rows)]
        sources = [self._prefix + text for text in templated]
        settings = {**self._usual, **options}
        tokenizer = self._parts.tokenizer
        languages = self._languages(options)
        special = options.get("add_special_tokens")
        how: dict[str, Any] = {} if special is None else {"add_special_tokens": special}
        how["truncation"] = lengths.strategy(options)
        with reading(tokenizer, languages.get("src_lang")):
            lengths.hold(self._parts, lengths.tokens_of(tokenizer, sources), options)
            encoded = tokenizer(sources, **how)["input_ids"] if sources else []
        begins = self._begins(languages, settings)
        beams = int(settings.get("num_beams") or 1)
        sizes = [len(ids) * beams for ids in encoded]
        found = batches.run(
            encoded,
            sizes,
            budget,
            lambda batch: self._generate(batch, options, settings, begins),
        )
        return [in_one([cleaned(text, options) for text in sequences]) for sequences in found]

    def _generate(
        self,
        batch: list[list[int]],
        options: dict[str, Any],
        settings: dict[str, Any],
        begins: dict[str, Any],
    ) -> list[list[str]]:
        padded = self._parts.tokenizer.pad(
            {"input_ids": batch}, padding=True, return_tensors="pt", padding_side="right"
        ).to(self._parts.device)
        tokenizer = self._parts.tokenizer
        arguments = limits(settings, self._parts.model.generation_config, _APPLIED)
        arguments = new_at_most(self._parts, arguments, options)
        if "stop_strings" in arguments:
            arguments["tokenizer"] = tokenizer
        if end := options.get("stop_sequence"):  # its first token, as in the pipeline
            arguments["eos_token_id"] = tokenizer.encode(end, add_special_tokens=False)[0]
        generated = self._parts.model.generate(
            input_ids=padded["input_ids"],
            attention_mask=padded["attention_mask"],
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

    def _languages(self, options: dict[str, Any]) -> dict[str, str]:
        """Give the languages that a call names; what it leaves out is as the tokenizer has it."""
        return asked(self._parts.tokenizer, options, self._parts.pipeline_task)

    def _begins(self, languages: dict[str, str], settings: dict[str, Any]) -> dict[str, Any]:
        """Give the token that answers begin with, where their language is named."""
        if not (target := languages.get("tgt_lang")):
            return {}
        if settings.get("forced_bos_token_id") is not None:
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
