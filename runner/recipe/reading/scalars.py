"""Unquoted scalars, by the core schema of YAML 1.2."""

import re

_NULLS = {"", "~", "null", "Null", "NULL"}
_TRUE, _FALSE = {"true", "True", "TRUE"}, {"false", "False", "FALSE"}
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL, _HEX = re.compile(r"0o[0-7]+"), re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def core_scalar(text: str) -> str | int | float | bool | None:
    """Give the value of an unquoted scalar: ``no``, dates and numbers too large are text.

    Args:
        text: The scalar as written.

    Source: YAML 1.2.2, section 10.3.2, "Tag Resolution" of the core schema.
    """
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    try:
        if _INT.fullmatch(text):
            return _as_large_as_a_float(int(text))
        if _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
            return _as_large_as_a_float(int(text, 0))
    except (ValueError, OverflowError):
        return text
    if _FLOAT.fullmatch(text):
        number = float(text)
        return text if number in (float("inf"), float("-inf")) else number
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", "", 1))
    return text


def _as_large_as_a_float(number: int) -> int:
    float(number)  # what is larger no reader of JSON takes, nor any comparison with a float
    return number
