"""The form that an answer has under the arguments of an inference, for those who read it.

Names are compared and shown, nothing else: two names are two ways to read an answer.
"""

from collections.abc import Callable, Mapping
from typing import Any

AnswerForm = Callable[[Mapping[str, Any]], str]


def always_alike(arguments: Mapping[str, Any]) -> str:
    """Name the form of an answer that no argument changes."""
    return "an answer"


def best_or_list(arguments: Mapping[str, Any]) -> str:
    """Name the form of an answer that is the best one, or a list of the best ``top_k``."""
    top = arguments.get("top_k")
    several = bool(arguments.get("return_scores")) if top is None else top > 1
    return "a list of answers" if several else "an answer"


def text_or_json(arguments: Mapping[str, Any]) -> str:
    """Name the form of an answer that is text, or JSON with its scores."""
    return "JSON with scores" if arguments.get("return_scores") else "an answer"


def text_or_timed(arguments: Mapping[str, Any]) -> str:
    """Name the form of an answer that is text, or JSON with times."""
    return "JSON with times" if arguments.get("return_timestamps") else "an answer"


def best_or_list_or_json(arguments: Mapping[str, Any]) -> str:
    """Name the form of an answer that is a text, a list of them, or JSON of either."""
    several = (arguments.get("top_k") or 1) > 1
    scored = bool(arguments.get("return_scores"))
    answer = "a list of answers" if several else "an answer"
    return f"{answer} as JSON" if scored else answer


Agreement = Callable[[Any, Any, Any], tuple[Any, Any]]
"""Gives what must be the same: of an input, its row of the pyfunc and what a pipeline answers."""


def whole(given: Any, row: Any, answer: Any) -> tuple[Any, Any]:
    """Hold a whole row to a whole answer; of several sequences the first, the pipeline's answer."""
    several = isinstance(row, list) and bool(row) and isinstance(answer, str)
    return (row[0] if several else row), answer


def best_one(given: Any, row: Any, answer: Any) -> tuple[Any, Any]:
    """Hold a row to the best of several answers."""
    return row, answer[0]
