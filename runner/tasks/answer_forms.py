"""The form that an answer has under the arguments of an inference, for those who read it.

Names are compared and shown: two names are two ways to read an answer. One of them, ``LISTED``, is
seen in the signature too.
"""

from collections.abc import Callable, Mapping
from typing import Any

AnswerForm = Callable[[Mapping[str, Any]], str]
LISTED = "a list of answers"
"""The form in which each column of the outputs holds a list."""


def always_alike(arguments: Mapping[str, Any]) -> str:
    """Name the form of an answer that no argument changes."""
    return "an answer"


def best_or_list(arguments: Mapping[str, Any]) -> str:
    """Name the form of an answer that is the best one, or a list of the best ``top_k``."""
    top = arguments.get("top_k")
    every = arguments.get("return_scores") or arguments.get("return_all_scores")
    several = bool(every) if top is None else _above_one(top)
    return LISTED if several else "an answer"


def one_or_several(arguments: Mapping[str, Any]) -> str:
    """Name the form of an answer that is generated, once or several times."""
    return LISTED if _above_one(arguments.get("num_return_sequences")) else "an answer"


def text_or_json(arguments: Mapping[str, Any]) -> str:
    """Name the form of an answer that is text, or JSON with its scores."""
    return "JSON with scores" if arguments.get("return_scores") else "an answer"


def text_or_timed(arguments: Mapping[str, Any]) -> str:
    """Name the form of an answer that is text, or JSON with times."""
    return "JSON with times" if arguments.get("return_timestamps") else "an answer"


def best_or_list_or_json(arguments: Mapping[str, Any]) -> str:
    """Name the form of an answer that is a text, a list of them, or JSON of either."""
    several = _above_one(arguments.get("top_k") or arguments.get("topk"))
    scored = bool(arguments.get("return_scores"))
    answer = LISTED if several else "an answer"
    return f"{answer} as JSON" if scored else answer


def _above_one(value: Any) -> bool:
    """Say whether a value is a number above 1; what is none is a finding elsewhere."""
    return isinstance(value, int | float) and value > 1


def best_of(row: Any) -> Any:
    """Give the first of a listed answer, which is the best: of each column, or of each mask.

    Args:
        row: A row of the pyfunc in the form ``LISTED``.
    """
    if isinstance(row, dict):
        return {name: best_of(value) for name, value in row.items()}
    return [best_of(one) for one in row] if isinstance(row[0], list) else row[0]


Agreement = Callable[[Any, Any, Any], tuple[Any, Any]]
"""Gives what must be the same: of an input, its row of the pyfunc and what a pipeline answers."""


def whole(given: Any, row: Any, answer: Any) -> tuple[Any, Any]:
    """Hold a whole row to a whole answer."""
    return row, answer


def best_one(given: Any, row: Any, answer: Any) -> tuple[Any, Any]:
    """Hold a row to the best of several answers."""
    return row, answer[0]
