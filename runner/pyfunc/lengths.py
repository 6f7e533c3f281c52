"""Rows longer than the model: refused, or cut and named, as the recipe chose."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .errors import BadRequest, bad_row
from .loading import Parts

LOG = logging.getLogger("recipe_pyfunc")
_MANY = 10**9
"""What no model takes; a tokenizer that knows no limit says 1e30."""
_NAMED = 20
_STRATEGIES = ("longest_first", "only_first", "only_second", "do_not_truncate")
"""What every tokenizer knows."""
_POSITIONS = "max_position_embeddings"
_OF_ENCODERS = (_POSITIONS, "max_encoder_position_embeddings", "max_text_positions")
_OF_DECODERS = (_POSITIONS, "max_decoder_position_embeddings", "max_target_positions")
_TABLE = "position_embeddings"


def most_tokens(tokenizer: Any, model: Any) -> int:
    """Give how many tokens of a text a model reads at most; 0 for any number.

    Args:
        tokenizer: Its tokenizer.
        model: The model; relative positions have no end.
    """
    known = (_bounded(getattr(tokenizer, "model_max_length", None)), positions_of(model))
    return min((most for most in known if most), default=0)


def positions_of(model: Any, *, writing: bool = False) -> int:
    """Give the positions of a model; 0 where it has no end of them.

    Args:
        model: The model.
        writing: Whether those of what it writes are meant, where it reads with another part.
    """
    config = model.config
    if getattr(config, "position_biased_input", True) is False or getattr(config, "alibi", False):
        return 0
    part = getattr(config, "decoder" if writing else "encoder", None)
    for one in (config, getattr(config, "text_config", None), part):
        for name in _OF_DECODERS if writing else _OF_ENCODERS:
            if most := _bounded(getattr(one, name, None)):
                return most - _before_the_first(model)
    return 0


def bound(tokenizer: Any, model: Any) -> None:
    """Let a tokenizer know where its model ends, so that it cuts there where it is to cut.

    Args:
        tokenizer: A tokenizer; any other component has no limit to know.
        model: The model.
    """
    if hasattr(tokenizer, "model_max_length") and (most := most_tokens(tokenizer, model)):
        tokenizer.model_max_length = most


def tokens_of(tokenizer: Any, given: Sequence[Any]) -> list[int]:
    """Count tokens, special ones included, of texts as they come.

    Args:
        tokenizer: The tokenizer.
        given: Texts, or mappings of one or two texts that belong together.
    """
    how: dict[str, Any] = {"truncation": False, "verbose": False}
    if all(isinstance(one, str) for one in given):
        encoded = tokenizer(list(given), **how)["input_ids"] if given else []
        return [len(ids) for ids in encoded]
    pairs = ([one] if isinstance(one, str) else one.values() for one in given)
    return [len(tokenizer(*pair, **how)["input_ids"]) for pair in pairs]


def strategy(options: Mapping[str, Any], *more: str) -> Any:
    """Give what a tokenizer is told of ``truncation``: what the call says, else to cut.

    Args:
        options: ``truncation`` of the call.
        more: What the tokenizers of this task know besides.

    Raises:
        BadRequest: The call says what no tokenizer knows.
    """
    said = options.get("truncation")
    known = (*_STRATEGIES, *more)
    if isinstance(said, str) and said not in known:
        raise BadRequest(f"truncation {said!r} is none of {', '.join(known)}, true, false")
    return True if said is None else said


def hold(
    parts: Parts,
    lengths: Iterable[int],
    options: Mapping[str, Any],
    numbers: Sequence[int] | None = None,
) -> None:
    """See that rows are no longer than the model takes, or that it is known which ones are cut.

    Args:
        parts: What runs.
        lengths: Tokens of each row.
        options: ``truncation`` of the call: whether to cut; what it says is asked for.
        numbers: The rows' numbers, where they are not all rows.

    Raises:
        BadRequest: One is longer, and is not to be cut; the error names it.
    """
    most = most_tokens(parts.tokenizer, parts.model)
    every = list(lengths)
    rows = [
        f"row {number} has {length} tokens"
        for number, length in zip(numbers or range(len(every)), every, strict=True)
        if most and length > most
    ]
    if rows:
        tell(parts, f"{listed(rows)}; the model takes {most}", options)


def most_samples(extractor: Any) -> int:
    """Give how many samples of a recording a feature extractor hands on; 0 for any number.

    Args:
        extractor: The feature extractor: Whisper's has a window, those of spectrogram transformers
            a number of frames, each of a hundredth of a second.
    """
    if window := _bounded(getattr(extractor, "n_samples", None)):
        return window
    frames = _bounded(getattr(extractor, "max_length", None))
    spectrogram = hasattr(extractor, "num_mel_bins")
    return frames * int(extractor.sampling_rate) // 100 if spectrogram else 0


def hold_recordings(
    parts: Parts, given: Sequence[Any], options: Mapping[str, Any], first: int = 0
) -> None:
    """See that recordings are no longer than the model hears, or that it is known which ones are.

    Args:
        parts: What runs.
        given: Samples of each.
        options: ``truncation`` of the call.
        first: Number of the first row.

    Raises:
        BadRequest: One is longer, and is not to be cut; the error names it.
    """
    extractor = parts.components["feature_extractor"]
    rate, most = int(extractor.sampling_rate), most_samples(extractor)
    rows = [
        f"row {number} has {len(samples) / rate:.1f} s"
        for number, samples in enumerate(given, first)
        if most and len(samples) > most
    ]
    if rows:
        tell(parts, f"{listed(rows)}; the model takes {most / rate:.1f} s", options)


def insist(parts: Parts, found: Iterable[int], number: int, what: str) -> None:
    """Refuse what is longer than the model takes, and would be another thing where it is cut.

    Args:
        parts: What runs.
        found: Tokens.
        number: The row's number.
        what: What they are of, such as ``a label``.

    Raises:
        BadRequest: It is; the error names the row.
    """
    most, longest = most_tokens(parts.tokenizer, parts.model), max(found, default=0)
    if most and longest > most:
        raise bad_row(number, f"{what} has {longest} tokens; the model takes {most}")


def tell(parts: Parts, what: str, options: Mapping[str, Any]) -> None:
    """Tell of rows that are longer than the model takes, and let them be cut.

    Args:
        parts: What runs.
        what: What is too long, naming rows, tokens and limit.
        options: ``truncation`` of the call.

    Raises:
        BadRequest: They are not to be cut.
    """
    said = options.get("truncation")
    refuse = parts.truncation == "error" if said is None else said in (False, "do_not_truncate")
    if refuse:
        raise BadRequest(what)
    loud = said is None and parts.truncation == "warn"
    LOG.log(logging.WARNING if loud else logging.INFO, "%s: cut", what)


def listed(rows: Sequence[str]) -> str:
    """Put what is said of rows into one sentence; of very many the first ones."""
    more = len(rows) - _NAMED
    return ", ".join(rows[:_NAMED]) + (f" and {more} more rows" if more > 0 else "")


def _bounded(number: Any) -> int:
    return int(number) if isinstance(number, int | float) and 0 < number < _MANY else 0


def _before_the_first(model: Any) -> int:
    """Give the positions that no token gets: RoBERTa and its kin count from their padding on."""
    for name, table in model.named_modules():
        padding = getattr(table, "padding_idx", None)
        if name.endswith(_TABLE) and padding is not None:
            return int(padding) + 1
    return 0
