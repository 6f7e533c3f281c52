"""Answers and targets as metrics read them, held to their form."""

from typing import Any

from runner.metrics.base import MetricError
from runner.wording import described


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
        MetricError: It is neither.
    """
    labels: list[Any] = target if isinstance(target, list) else [target]
    for label in labels:
        if not isinstance(label, str | int) or isinstance(label, bool):
            raise MetricError(f"a label is wanted, not {described(label)}")
    return {str(label) for label in labels}
