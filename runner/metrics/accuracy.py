"""accuracy: the share of rows whose best label is the right one."""

from typing import Any, Literal

from runner.metrics.answers import best_label, right_labels
from runner.metrics.base import Mean, Measured


class Accuracy(Mean, frozen=True):
    """The share of rows whose best label is the right one.

    Args:
        name: Always ``accuracy``.
    """

    takes = frozenset({"labels"})
    reads = staticmethod(right_labels)
    share = True

    name: Literal["accuracy"]

    def measure(self, answer: Any, target: Any) -> Measured:
        """Tell whether the best label is one of the right ones."""
        return {"value": float(best_label(answer) in right_labels(target))}
