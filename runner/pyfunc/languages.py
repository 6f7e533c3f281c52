"""Languages that a model knows by tokens of its own, such as ``fr_XX`` or ``__fr__``.

Source: ``_build_translation_inputs`` of the tokenizers of M2M100, NLLB, mBART and the like.
"""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from difflib import SequenceMatcher
from os.path import commonprefix
from typing import Any

from .errors import BadRequest
from .upstream import is_told_languages

ARGUMENTS = ("src_lang", "tgt_lang")
_WRITTEN = re.compile(r"__(?P<inner>[A-Za-z_]+?)__|(?P<whole>[a-z]{2,3}_[A-Z][A-Za-z]{1,3})")
_SHOWN = 8


def languages_of(tokenizer: Any) -> Mapping[str, int]:
    """Give the languages that a model is told by tokens: their names, each with its token's id.

    Args:
        tokenizer: The model's tokenizer.

    Returns:
        Nothing for a tokenizer that cannot be told a language.
    """
    if not is_told_languages(tokenizer):
        return {}
    written = getattr(tokenizer, "lang_code_to_token", {}).values()  # M2M100 lists them there alone
    tokens = (*tokenizer.all_special_tokens, *written)
    found = (_WRITTEN.fullmatch(str(token)) for token in tokens)
    named = {one["inner"] or one["whole"]: one[0] for one in found if one}
    by_name = getattr(tokenizer, "get_lang_id", None)
    return {
        name: by_name(name) if by_name else tokenizer.convert_tokens_to_ids(token)
        for name, token in sorted(named.items())
    }


def problem(tokenizer: Any, name: str, value: Any) -> str:
    """Say why a model cannot be told a language; nothing where it can.

    Args:
        tokenizer: Its tokenizer.
        name: The argument, ``src_lang`` or ``tgt_lang``.
        value: The language.
    """
    known = languages_of(tokenizer)
    if not known:
        before = getattr(tokenizer, "supported_language_codes", None) or []
        how = f": write {' or '.join(before[:_SHOWN])} before the text" if before else ""
        return f"{name} is not taken, the model knows no languages by name{how}"
    if value in known:
        return ""
    near = sorted(known, key=lambda one: (-len(_shared(one, value)), -_ratio(one, value), one))
    more = f" and {len(near) - _SHOWN} more" if len(near) > _SHOWN else ""
    return f"{name} {value!r} is not known, {', '.join(near[:_SHOWN])}{more} are"


def asked(tokenizer: Any, options: Mapping[str, Any], task: str) -> dict[str, str]:
    """Give the languages that are asked for, as ``src_lang`` and ``tgt_lang``.

    Args:
        tokenizer: The model's tokenizer.
        options: What the call says.
        task: The pipeline task; ``translation_en_to_fr`` names two where the call names none.

    Raises:
        BadRequest: The model does not know one.
    """
    given = {name: options[name] for name in ARGUMENTS if options.get(name) is not None}
    if not given and languages_of(tokenizer):
        given = named_by(task)
    for name, value in given.items():
        if wrong := problem(tokenizer, name, value):
            raise BadRequest(wrong)
    return given


def named_by(task: str) -> dict[str, str]:
    """Give the languages that a task's name says: ``translation_en_to_fr`` says two."""
    match task.split("_"):
        case [_, source, _, target]:
            return {"src_lang": source, "tgt_lang": target}
        case _:
            return {}


@contextmanager
def reading(tokenizer: Any, language: str | None) -> Generator[None]:
    """Let a tokenizer read texts of a language, and then again those that it read before.

    Args:
        tokenizer: The tokenizer.
        language: The language; None for the one that it reads.
    """
    if language is None:
        yield
        return
    before = tokenizer.src_lang
    tokenizer.src_lang = language
    try:
        yield
    finally:
        tokenizer.src_lang = before


def _shared(one: str, other: Any) -> str:
    return commonprefix([one.casefold(), str(other).casefold()])


def _ratio(one: str, other: Any) -> float:
    return SequenceMatcher(None, one.casefold(), str(other).casefold()).ratio()
