"""Sizes of files, as people and transformers write them: ``500MB``, ``2GiB``."""

import re
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

_SIZE = re.compile(r"\s*([1-9]\d*)\s*([KMG]I?B)?\s*", re.IGNORECASE)
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def parse_size(text: str) -> int | None:
    """Give a size in bytes; nothing where the text is not a size.

    Args:
        text: A whole number, and KB, MB, GB (powers of 1000), KiB, MiB or GiB (of 1024).
    """
    match = _SIZE.fullmatch(text)
    return int(match[1]) * _UNITS.get((match[2] or "").upper(), 1) if match else None


def _size(text: str) -> str:
    if parse_size(text) is None:
        raise PydanticCustomError(
            "size", "it is a size such as 500MB or 2GiB, not {text}", {"text": text}
        )
    return text


Size = Annotated[str, AfterValidator(_size)]
"""A size, as a field of a recipe takes it."""
