"""Texts made of other texts, by models that read the whole before they write."""

from typing import Any

from . import batches, lengths
from .adapter import Whole
from .decoding import limits
from .generation import cleaned, in_one, template_of
from .loading import Parts
from .room import new_at_most
from .rows import texts

_APPLIED = (
    "src_lang", "tgt_lang", "collapse_whitespace", "clean_up_tokenization_spaces", "truncation",
    "add_special_tokens", "stop_sequence",
)  # fmt: skip


class TextToText(Whole):
    """Texts in, texts out: summarization, translation and the like.

    The pipelines of these tasks are gone from transformers 5; this is what they did.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        specific = getattr(parts.model.config, "task_specific_params", None) or {}
        self._usual: dict[str, Any] = dict(specific.get(parts.pipeline_task) or {})
        self._prefix = str(self._usual.pop("prefix", "") or "")
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
        languages = _languages(tokenizer, options)
        special = options.get("add_special_tokens")
        how: dict[str, Any] = {} if special is None else {"add_special_tokens": special}
        lengths.hold(self._parts, lengths.tokens_of(tokenizer, sources), options)
        how["truncation"] = lengths.strategy(options)
        encoded = tokenizer(sources, **how)["input_ids"] if sources else []
        beams = int(settings.get("num_beams") or 1)
        sizes = [len(ids) * beams for ids in encoded]
        found = batches.run(
            encoded,
            sizes,
            budget,
            lambda batch: self._generate(batch, options, settings, languages),
        )
        return [in_one([cleaned(text, options) for text in sequences]) for sequences in found]

    def _generate(
        self,
        batch: list[list[int]],
        options: dict[str, Any],
        settings: dict[str, Any],
        languages: dict[str, Any],
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
            **languages,
            **arguments,
        )
        sequences = getattr(generated, "sequences", generated)
        clean = options.get("clean_up_tokenization_spaces")
        decoded = tokenizer.batch_decode(
            sequences, skip_special_tokens=True, clean_up_tokenization_spaces=clean
        )
        each = len(decoded) // len(batch)
        return [decoded[i * each :][:each] for i in range(len(batch))]


def _languages(tokenizer: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Set the languages of a multilingual tokenizer; give the token its answers begin with."""
    if source := options.get("src_lang"):
        tokenizer.src_lang = source
    if not (target := options.get("tgt_lang")):
        return {}
    return {"forced_bos_token_id": tokenizer.convert_tokens_to_ids(target)}
