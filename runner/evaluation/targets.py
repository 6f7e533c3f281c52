"""Targets as data have them, in the form that metrics compare with answers."""

import json
from collections.abc import Sequence
from typing import Any

from runner.datasets import DataError, Example
from runner.metrics import Metric
from runner.metrics.base import MetricError
from runner.metrics.reading import Entity
from runner.tasks.scoring import Form

_STRUCTURED: tuple[Form, ...] = ("entities", "boxes", "ranking")


def as_scored(target: Any, form: Form | None) -> Any:
    """Read what a cell of text can only say as text: numbers, and lists as JSON.

    Args:
        target: The target as the data have it.
        form: The form of the answers.

    Raises:
        MetricError: It is neither.
    """
    if not isinstance(target, str):
        return target
    if form == "number":
        try:
            return float(target)
        except ValueError as error:
            raise MetricError(f"the target {target!r} is no number") from error
    if form in _STRUCTURED and target.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(target)
        except ValueError as error:
            raise MetricError(f"the target is no JSON: {error}") from error
    return target


def insist_on_target(example: Example, form: Form | None, metrics: Sequence[Metric]) -> None:
    """Refuse a row by whose target no answer can be measured.

    Args:
        example: The row.
        form: The form of the answers.
        metrics: What measures them.

    Raises:
        DataError: A metric cannot read it.
    """
    try:
        target = as_scored(example.target, form)
        for metric in metrics:
            _insist_on_within(example.given, metric.reads(target))
    except MetricError as error:
        raise wrong_target(example, error) from error


def _insist_on_within(text: Any, read: Any) -> None:
    """Refuse entities that end behind their text; whatever else a metric read is let be."""
    entities = (one for one in read if isinstance(one, Entity)) if isinstance(read, list) else ()
    end = max((entity.end for entity in entities), default=0)
    if isinstance(text, str) and end > len(text):
        raise MetricError(
            f"the target has an entity that ends at {end}, and the text has {len(text)} characters"
        )


def wrong_target(example: Example, error: MetricError) -> DataError:
    """Say of a row that it cannot be measured.

    Args:
        example: The row.
        error: What a metric says of its target, or of the answer.
    """
    return DataError(f"{example.where}: {error}.", error.remedy)
