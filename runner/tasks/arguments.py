"""What the known arguments of inference and of loading take: their types and bounds.

Validation imports neither torch nor transformers, so they are declared here; a test holds them
against the installed transformers. An argument that is not here is not looked into.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType
from typing import Any, Literal

from runner.text.spelling import did_you_mean

Kind = Literal["boolean", "integer", "number", "text", "list", "mapping"]
_WORDS: Mapping[Kind, tuple[str, ...]] = {
    "boolean": ("true", "false"),
    "integer": ("a whole number",),
    "number": ("a number",),
    "text": ("text",),
    "list": ("a list",),
    "mapping": ("a mapping",),
}
_MEANT = MappingProxyType({
    **dict.fromkeys(("true", "yes", "y", "on"), "true"),
    **dict.fromkeys(("false", "no", "n", "off"), "false"),
    **dict.fromkeys(("none", "null", "~"), "null"),
})  # fmt: skip


@dataclass(frozen=True)
class Argument:
    """What one argument takes.

    Args:
        kinds: The kinds of value; a whole number is a number too.
        null: Whether null is one of its values: the library's own default is None.
        least: The least number.
        most: The greatest number.
        choices: The only texts, where there are few.
        mlflow: Of an argument of a task's own: whether MLflow's inference code takes it too.
    """

    kinds: tuple[Kind, ...]
    null: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    mlflow: bool = False

    @property
    def wanted(self) -> str:
        """What it takes, in words, its bounds included."""
        bounds = {
            (False, False): "",
            (True, False): f" from {self.least} on",
            (False, True): f" up to {self.most}",
            (True, True): f" from {self.least} to {self.most}",
        }[self.least is not None, self.most is not None]
        kinds: list[Kind] = [kind for kind in self.kinds if kind != "text" or not self.choices]
        words = [word for kind in kinds for word in _WORDS[kind]]
        words += [f"`{choice}`" for choice in self.choices]
        joined = " or ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)
        return joined + bounds

    def takes(self, value: Any) -> bool:
        """Say whether a value is of a kind that it takes."""
        return (value is None and self.null) or any(_is(value, kind) for kind in self.kinds)

    def allows(self, value: Any) -> bool:
        """Say whether a value of the right kind is within the bounds and one of the choices.

        Of a list each item has to be.
        """
        if isinstance(value, list) and self.choices:
            return all(isinstance(item, str) and item in self.choices for item in value)
        if isinstance(value, str):
            return not self.choices or value in self.choices
        if isinstance(value, bool) or not isinstance(value, int | float):
            return True
        low = self.least is None or value >= self.least
        return low and (self.most is None or value <= self.most)

    def meant(self, value: Any) -> str:
        """Say what a value that it does not take was meant to be; nothing where that is open."""
        if value is None:
            return "Leave it out."
        if not isinstance(value, str):
            return ""
        if self.choices and (near := did_you_mean(value, self.choices)):
            return near
        word = _MEANT.get(value.casefold(), "") or _number_in(value)
        fits = (word == "null" and self.null) or any(_spells(word, kind) for kind in self.kinds)
        return f"`{value}` is text here; write {word}." if word and fits else ""


def _is(value: Any, kind: Kind) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "text":
            return isinstance(value, str)
        case "list":
            return isinstance(value, list)
        case "mapping":
            return isinstance(value, dict)


def _spells(word: str, kind: Kind) -> bool:
    match kind:
        case "boolean":
            return word in ("true", "false")
        case "integer":
            return word.lstrip("-").isdecimal()
        case "number":
            return bool(_number_in(word))
        case _:
            return False


def _number_in(text: str) -> str:
    """Give the number that a text spells, a suffix of other languages (``4L``) left off."""
    bare = text.strip().rstrip("LlFf").replace("_", "").removeprefix("+")
    try:
        known = isfinite(float(bare))
    except ValueError:
        return ""
    return bare if known and bare[-1:].isdecimal() else ""


_FLAG = Argument(("boolean",))
_COUNT = Argument(("integer",), least=0)
_COUNT_OR_NULL = Argument(("integer",), null=True, least=0)
_ONE_OR_MORE = Argument(("integer",), least=1)
_ONE_OR_NULL = Argument(("integer",), null=True, least=1)
_FLAG_OR_NULL = Argument(("boolean",), null=True)
_NUMBER = Argument(("number",))
_PART = Argument(("number",), least=0, most=1)
_PART_OR_NULL = Argument(("number",), null=True, least=0, most=1)
_AMOUNT = Argument(("number",), least=0)
_SECONDS = Argument(("number",), null=True, least=0)
_TEXT = Argument(("text",))
_TEXT_OR_NULL = Argument(("text",), null=True)
_TEXTS = Argument(("text", "list"), null=True)
_LIST_OR_NULL = Argument(("list",), null=True)
_MAPPING = Argument(("mapping",), null=True)
_TOKENS = Argument(("integer", "list"), null=True)
_SIDE = Argument(("text",), choices=("left", "right"))

GENERATION: Mapping[str, Argument] = MappingProxyType({
    "max_length": _ONE_OR_MORE, "max_new_tokens": _ONE_OR_NULL,
    "min_length": _COUNT, "min_new_tokens": _COUNT_OR_NULL,
    "early_stopping": Argument(("boolean", "text"), choices=("never",)),
    "max_time": _SECONDS, "stop_strings": _TEXTS,
    "do_sample": _FLAG, "num_beams": _ONE_OR_MORE, "num_beam_groups": _ONE_OR_MORE,
    "use_cache": _FLAG, "cache_implementation": _TEXT_OR_NULL, "cache_config": _MAPPING,
    "temperature": _AMOUNT, "top_k": _COUNT, "top_p": _PART, "min_p": _PART_OR_NULL,
    "typical_p": _PART, "epsilon_cutoff": _PART, "eta_cutoff": _PART,
    "diversity_penalty": _NUMBER, "repetition_penalty": _AMOUNT,
    "encoder_repetition_penalty": _AMOUNT, "length_penalty": _NUMBER,
    "no_repeat_ngram_size": _COUNT, "encoder_no_repeat_ngram_size": _COUNT,
    "bad_words_ids": _LIST_OR_NULL, "force_words_ids": _LIST_OR_NULL,
    "renormalize_logits": _FLAG, "remove_invalid_values": _FLAG, "token_healing": _FLAG,
    "forced_bos_token_id": _COUNT_OR_NULL, "forced_eos_token_id": _TOKENS,
    "exponential_decay_length_penalty": _LIST_OR_NULL,
    "suppress_tokens": _LIST_OR_NULL, "begin_suppress_tokens": _LIST_OR_NULL,
    "guidance_scale": Argument(("number",), null=True),
    "num_return_sequences": _ONE_OR_MORE,
    "output_attentions": _FLAG, "output_hidden_states": _FLAG, "output_scores": _FLAG,
    "output_logits": _FLAG_OR_NULL, "return_dict_in_generate": _FLAG,
    "pad_token_id": Argument(("integer",), null=True),
    "bos_token_id": _COUNT_OR_NULL, "decoder_start_token_id": _TOKENS,
    "eos_token_id": _TOKENS, "sequence_bias": Argument(("mapping", "list"), null=True),
    "watermarking_config": _MAPPING, "dola_layers": _TEXTS, "prefill_chunk_size": _ONE_OR_NULL,
    "prompt_lookup_num_tokens": _ONE_OR_NULL, "max_matching_ngram_size": _ONE_OR_NULL,
    "assistant_confidence_threshold": _PART, "assistant_early_exit": _ONE_OR_NULL,
    "assistant_lookbehind": _ONE_OR_MORE, "target_lookbehind": _ONE_OR_MORE,
    "num_assistant_tokens": _ONE_OR_MORE, "disable_compile": _FLAG,
    "low_memory": _FLAG_OR_NULL,
    "penalty_alpha": _PART_OR_NULL,
})  # fmt: skip
"""Settings of ``generate``, as ``GenerationConfig`` of transformers has them."""

_SHARED: Mapping[str, Argument] = {
    "padding": Argument(
        ("boolean", "text"), null=True, choices=("longest", "max_length", "do_not_pad")
    ),
    "truncation": Argument(
        ("boolean", "text"),
        null=True,
        choices=(
            "only_first", "only_second", "longest_first", "drop_rows_to_fit", "do_not_truncate",
        ),  # fmt: skip
    ),
    "add_special_tokens": _FLAG,
    "max_length": _ONE_OR_NULL, "stride": _COUNT_OR_NULL,
    "padding_side": Argument(("text",), null=True, choices=("left", "right")),
    "pad_to_multiple_of": _ONE_OR_NULL, "is_split_into_words": _FLAG,
    "clean_up_tokenization_spaces": _FLAG_OR_NULL, "skip_special_tokens": _FLAG_OR_NULL,
}  # fmt: skip

PIPELINE: Mapping[str, Argument] = MappingProxyType({
    **_SHARED,
    "batch_size": _ONE_OR_NULL, "num_workers": _COUNT_OR_NULL, "timeout": _SECONDS,
    "top_k": _ONE_OR_NULL,
    "function_to_apply": Argument(("text",), null=True, choices=("sigmoid", "softmax", "none")),
    "return_all_scores": _FLAG_OR_NULL,
    "return_full_text": _FLAG_OR_NULL, "return_text": _FLAG_OR_NULL, "prefix": _TEXT_OR_NULL,
    "handle_long_generation": Argument(("text",), null=True, choices=("hole",)),
    "continue_final_message": _FLAG_OR_NULL, "stop_sequence": _TEXT_OR_NULL,
    "aggregation_strategy": Argument(
        ("text",), null=True, choices=("none", "simple", "first", "average", "max")
    ),
    "ignore_labels": _LIST_OR_NULL, "grouped_entities": _FLAG_OR_NULL,
    "ignore_subwords": _FLAG_OR_NULL,
    "threshold": _PART_OR_NULL, "mask_threshold": _PART_OR_NULL,
    "overlap_mask_area_threshold": _PART_OR_NULL,
    "subtask": Argument(("text",), null=True, choices=("semantic", "instance", "panoptic")),
    "return_timestamps": Argument(("boolean", "text"), null=True, choices=("word", "char")),
    "return_language": _FLAG_OR_NULL,
    "chunk_length_s": _SECONDS,
    "stride_length_s": Argument(("number", "list"), null=True),
    "generate_kwargs": _MAPPING, "tokenize_kwargs": _MAPPING, "tokenizer_kwargs": _MAPPING,
    "tokenizer_encode_kwargs": _MAPPING, "decoder_kwargs": _MAPPING, "forward_params": _MAPPING,
    "preprocess_params": _MAPPING, "image_processor_kwargs": _MAPPING,
    "max_answer_len": _ONE_OR_NULL, "max_question_len": _ONE_OR_NULL, "max_seq_len": _ONE_OR_NULL,
    "doc_stride": _COUNT_OR_NULL, "handle_impossible_answer": _FLAG_OR_NULL,
    "align_to_words": _FLAG_OR_NULL, "lang": _TEXT_OR_NULL, "tesseract_config": _TEXT_OR_NULL,
    "hypothesis_template": _TEXT_OR_NULL, "multi_label": _FLAG_OR_NULL, "targets": _TEXTS,
    "candidate_labels": _TEXTS, "src_lang": _TEXT_OR_NULL, "tgt_lang": _TEXT_OR_NULL,
    "sequential": _FLAG_OR_NULL, "pool": _FLAG_OR_NULL, "prompt": _TEXTS,
    "num_frames": _ONE_OR_NULL, "frame_sampling_rate": _ONE_OR_NULL,
    "points_per_batch": _ONE_OR_NULL, "points_per_crop": _ONE_OR_NULL,
    "crops_n_layers": _COUNT_OR_NULL, "crop_overlap_ratio": _PART_OR_NULL,
    "crop_n_points_downscale_factor": _ONE_OR_NULL, "crops_nms_thresh": _PART_OR_NULL,
    "pred_iou_thresh": _NUMBER, "stability_score_thresh": _NUMBER,
    "stability_score_offset": _NUMBER, "max_hole_area": Argument(("number",), null=True),
    "max_sprinkle_area": Argument(("number",), null=True),
    "output_rle_mask": _FLAG_OR_NULL, "output_bboxes_mask": _FLAG_OR_NULL,
})  # fmt: skip
"""What the pipelines of transformers, and the tokenizers behind them, take when they are called."""

EXTENDED: Mapping[str, Argument] = MappingProxyType({
    "seed": Argument(("integer",), null=True, least=0, most=2**32 - 1),
    "device": _TEXT, "dtype": _TEXT,
    "batch_tokens": Argument(("integer", "text"), least=0, choices=("auto",)),
})  # fmt: skip
"""What the runner's inference code takes for every task."""

RETURN_SCORES: Mapping[str, Argument] = MappingProxyType({"return_scores": _FLAG_OR_NULL})
"""Of tasks whose code can give the scores beside the answers."""

_TOKEN = Argument(("text", "mapping"), null=True)
_TOKENIZER: Mapping[str, Argument] = {
    "padding_side": _SIDE, "truncation_side": _SIDE,
    "model_max_length": _ONE_OR_NULL, "use_fast": _FLAG, "split_digits": _FLAG,
    "clean_up_tokenization_spaces": _FLAG, "split_special_tokens": _FLAG,
    "add_bos_token": _FLAG, "add_eos_token": _FLAG, "add_prefix_space": _FLAG_OR_NULL,
    "do_lower_case": _FLAG_OR_NULL, "strip_accents": _FLAG_OR_NULL, "legacy": _FLAG_OR_NULL,
    "tokenize_chinese_chars": _FLAG, "from_slow": _FLAG,
    "bos_token": _TOKEN, "eos_token": _TOKEN, "unk_token": _TOKEN, "sep_token": _TOKEN,
    "pad_token": _TOKEN, "cls_token": _TOKEN, "mask_token": _TOKEN,
    "additional_special_tokens": _LIST_OR_NULL,
    "extra_special_tokens": Argument(("mapping", "list"), null=True),
    "model_input_names": _LIST_OR_NULL, "src_lang": _TEXT_OR_NULL, "tgt_lang": _TEXT_OR_NULL,
    "chat_template": Argument(("text", "mapping", "list"), null=True),
}  # fmt: skip
_IMAGE_PROCESSOR: Mapping[str, Argument] = {
    "do_resize": _FLAG_OR_NULL, "do_rescale": _FLAG_OR_NULL, "do_normalize": _FLAG_OR_NULL,
    "do_center_crop": _FLAG_OR_NULL, "do_convert_rgb": _FLAG_OR_NULL, "do_pad": _FLAG_OR_NULL,
    "use_fast": _FLAG_OR_NULL, "rescale_factor": Argument(("number",), null=True),
    "resample": _COUNT_OR_NULL,
    "image_mean": Argument(("number", "list"), null=True),
    "image_std": Argument(("number", "list"), null=True),
    "size": Argument(("integer", "mapping", "list"), null=True),
    "crop_size": Argument(("integer", "mapping", "list"), null=True),
}  # fmt: skip
_FEATURE_EXTRACTOR: Mapping[str, Argument] = {
    "feature_size": _ONE_OR_MORE, "sampling_rate": _ONE_OR_MORE, "padding_value": _NUMBER,
    "padding_side": _SIDE, "do_normalize": _FLAG_OR_NULL, "return_attention_mask": _FLAG_OR_NULL,
}  # fmt: skip
_ATTENTIONS = ("eager", "sdpa", "flash_attention_2", "flash_attention_3", "flex_attention")

LOADING: Mapping[str, Mapping[str, Argument]] = MappingProxyType({
    "model": {
        "attn_implementation": Argument(("text", "mapping"), null=True, choices=_ATTENTIONS),
        "variant": _TEXT_OR_NULL,
        "num_labels": _ONE_OR_MORE, "id2label": _MAPPING, "label2id": _MAPPING,
    },
    "tokenizer": _TOKENIZER,
    "image_processor": _IMAGE_PROCESSOR,
    "feature_extractor": _FEATURE_EXTRACTOR,
    "processor": {**_FEATURE_EXTRACTOR, **_IMAGE_PROCESSOR, **_TOKENIZER},
})  # fmt: skip
"""What ``from_pretrained`` takes, by the part of ``load`` that it is for."""
