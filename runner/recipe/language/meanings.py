"""What a model of the recipe language and its fields mean, read from its docstring."""

import inspect
import re
from collections.abc import Mapping

_ARGS = re.compile(r"\n\s*Args:\n")
_SOURCE = re.compile(r"^Source: (.*(?:\n {4}.*)*)", re.MULTILINE)
_FIELD = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


def summary_of(model: type) -> str:
    """Give what a model is for, on one line.

    Args:
        model: A model with a docstring in Google's style.
    """
    return _line(_ARGS.split(_text(model), maxsplit=1)[0])


def meanings_of(model: type) -> Mapping[str, str]:
    """Give what each field means, inherited ones too, by the field's name in Python.

    Args:
        model: A model with a docstring in Google's style.
    """
    meanings: dict[str, str] = {}
    for one in reversed(model.__mro__):
        parts = _ARGS.split(_text(one), maxsplit=1)
        found = _FIELD.finditer(parts[1]) if len(parts) > 1 else ()
        meanings |= {match[1]: _line(match[2]) for match in found}
    return meanings


def source_of(model: type) -> str:
    """Give where it is said what a model does, on one line; nothing where nothing is named.

    Args:
        model: A model with a docstring in Google's style.
    """
    found = _SOURCE.search(_text(model))
    return _line(found[1]) if found else ""


def _text(model: type) -> str:
    return inspect.cleandoc(model.__doc__ or "")


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text.strip()).replace("``", "`")
