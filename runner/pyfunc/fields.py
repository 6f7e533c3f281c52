"""Requests of the ``llm/v1`` protocols: each field is known by name, and has a value that it takes.

MLflow holds no request against the schema of its protocol, where it would drop what that does not
have: the model is marked as one that checks its input by itself.
"""

from collections.abc import Callable, Collection, Mapping
from reprlib import repr as short
from typing import Any

import numpy as np

from .errors import bad_row
from .rows import records, rows_of

UNHEARD = frozenset({"model", "user"})
"""What clients say of themselves and of whom they ask: it changes no answer."""
_Takes = Callable[[Any], bool]


_LARGEST = 2**31
"""No number of a request is as large; libraries do not take those that are larger by far."""


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return number and bool(abs(value) < _LARGEST)


def is_whole(value: Any) -> bool:
    """Say whether a value is a whole number; a float may be one, as in a frame with holes."""
    return _is_number(value) and float(value).is_integer()


def _is_amount(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    listed = isinstance(value, list | tuple | np.ndarray)
    return _is_text(value) or (listed and all(map(_is_text, value)))


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


def _is_float(value: Any) -> bool:
    return value == "float"


_VALUES: Mapping[str, tuple[_Takes, str]] = {
    "max_tokens": (is_whole, "a whole number"),
    "n": (is_whole, "a whole number"),
    "top_k": (is_whole, "a whole number"),
    "temperature": (_is_amount, "a number from 0 on"),
    "top_p": (_is_number, "a number"),
    "presence_penalty": (_is_number, "a number"),
    "frequency_penalty": (_is_number, "a number"),
    "stop": (_are_texts, "a text or a list of texts"),
    "stream": (_is_flag, "true or false"),
    "encoding_format": (_is_float, "float here"),
}


def requests_of(data: Any, needed: str, known: Collection[str]) -> list[dict[str, Any]]:
    """Read requests; what is null or empty is as if it were not there.

    Args:
        data: A mapping is one request, whatever its values; else a row each, of which a text is the
            field that it must have.
        needed: The field that a request must have.
        known: The others that it may have.

    Raises:
        BadRequest: A field is unknown, or has a value that it does not take; the error names the
            row and the field.
    """
    given = [dict(data)] if isinstance(data, dict) else rows_of(data, (needed,))
    rows = records([{needed: one} if isinstance(one, str) else one for one in given], [needed])
    return [
        {
            name: value
            for name, value in row.items()
            if _is_heard(name, value, needed, known, number)
        }
        for number, row in enumerate(rows)
    ]


def _is_heard(name: str, value: Any, needed: str, known: Collection[str], number: int) -> bool:
    if name == needed:
        return True
    if value is None or name in UNHEARD:
        return False
    if name not in known:
        if _is_empty(value):
            return False
        heard = ", ".join(sorted({needed, *known}))
        raise bad_row(number, f"`{name}` is not supported: {heard} are")
    takes, what = _VALUES[name]
    if not takes(value):
        raise bad_row(number, f"`{name}` is {what}, not {short(value)}")
    return True


def _is_empty(value: Any) -> bool:
    return isinstance(value, list | dict | str | np.ndarray) and not len(value)
