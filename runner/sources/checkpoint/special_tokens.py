"""Special tokens of a tokenizer, read from its files without loading it."""

import re
from pathlib import Path
from typing import Any, cast

from runner.sources.checkpoint.untrusted import read_json

_NAMED = ("tokenizer_config.json", "special_tokens_map.json")
_LISTED = "tokenizer.json"


def special_token(folder: Path, name: str) -> str:
    """Give a special token as its tokenizer writes it.

    Args:
        folder: The folder with the tokenizer's files.
        name: What transformers calls it, such as ``mask_token``.

    Returns:
        The token, such as ``<mask>``; empty where the files do not say.
    """
    for file in _NAMED:
        if token := _content(_read(folder / file).get(name)):
            return token
    listed: Any = _read(folder / _LISTED).get("added_tokens") or []
    word = name.removesuffix("_token")
    special = (_content(token) for token in listed if token.get("special"))
    return next((token for token in special if re.sub(r"\W", "", token).lower() == word), "")


def _content(token: Any) -> str:
    """Give the text of a token, which files hold alone or with how it is to be split off."""
    return str((token.get("content") if isinstance(token, dict) else token) or "")


def _read(file: Path) -> dict[str, Any]:
    try:
        said: Any = read_json(file)
    except (OSError, ValueError):  # a tokenizer that cannot be read says nothing of its tokens
        return {}
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}
