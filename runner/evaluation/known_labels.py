"""Targets that the model has no label for: one of two names for one thing, more often than not."""

from collections import Counter
from contextlib import suppress
from typing import Any

from runner.datasets import DataError
from runner.metrics.answers import right_labels
from runner.metrics.base import MetricError
from runner.text.wording import counted

_SHOWN = 10


class KnownLabels:
    """Compares the labels of targets with those that the model gives.

    Args:
        name: What the dataset is called.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._wanted = Counter[str]()
        self._given: set[str] = set()
        self._whole = False

    def add(self, target: Any, answer: Any) -> None:
        """Add a row.

        Args:
            target: Its target.
            answer: The answer to it, with all labels where the inference code gives them.
        """
        if target is not None:
            with suppress(MetricError):  # it is no label, and for a metric of one's own alone
                self._wanted.update(right_labels(target))
        self._given |= {one["label"] for one in answer}
        self._whole = self._whole or len(answer) > 1

    def insist(self) -> list[str]:
        """Refuse targets of which none is a label of the model.

        Returns:
            Which targets are none, where some are: rows that no answer can be right of.

        Raises:
            DataError: None is; every metric would be as bad as can be, without a word.
        """
        if self._whole and self._wanted and not self._unknown < {*self._wanted}:
            message = (
                f"{self._name}: no target is a label of the model. Targets are "
                f"{_listed({*self._wanted})}; the model's labels {_listed(self._given)}."
            )
            raise DataError(message, "Say which is which in `evaluation.dataset.labels`.")
        if not self._whole or not self._unknown:
            return []
        rows = counted(sum(self._wanted[label] for label in self._unknown), "target")
        named = _listed(self._unknown)
        return [f"{rows} of {self._name}: no label that the model gave is called so ({named})."]

    @property
    def _unknown(self) -> set[str]:
        return {*self._wanted} - self._given


def _listed(labels: set[str]) -> str:
    some = sorted(labels)[:_SHOWN]
    return ", ".join(some) + (", …" if len(labels) > _SHOWN else "")
