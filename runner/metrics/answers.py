"""Answers and targets as metrics read them, held to their form."""

from typing import Any

from runner.metrics.base import MetricError
from runner.text.wording import described


def best_label(answer: Any) -> str:
    """Give the best of an answer's labels.

    Args:
        answer: An answer of the form ``labels``.

    Raises:
        MetricError: It has none.
    """
    if not answer:
        raise MetricError("the answer has no label")
    return str(answer[0]["label"])


def right_labels(target: Any) -> set[str]:
    """Give the labels that are right, as text: the numbers that a file has for labels too.

    Args:
        target: A label, or several.

    Raises:
        MetricError: It is neither, or an empty list.
    """
    labels: list[Any] = target if isinstance(target, list) else [target]
    if not labels:
        raise MetricError("a label is wanted, and the list is empty")
    for label in labels:
        if not isinstance(label, str | int) or isinstance(label, bool):
            raise MetricError(f"a label is wanted, not {described(label)}")
    return {str(label) for label in labels}


def text_of(answer: Any) -> str:
    """Give the text of an answer.

    Args:
        answer: An answer of the form ``text``.

    Raises:
        MetricError: It is none.
    """
    if not isinstance(answer, str):
        raise MetricError(f"the answer is {described(answer)}, not a text")
    return answer


def right_texts(target: Any) -> list[str]:
    """Give the texts that are right.

    Args:
        target: A text, or several.

    Raises:
        MetricError: It is neither.
    """
    texts: list[Any] = target if isinstance(target, list) else [target]
    for text in texts:
        if not isinstance(text, str):
            raise MetricError(f"a text is wanted, not {described(text)}")
    if not texts:
        raise MetricError("a text is wanted, and the list is empty")
    return texts
