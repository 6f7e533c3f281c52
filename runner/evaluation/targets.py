"""Targets as data have them, in the form that metrics compare with answers."""

import json
from typing import Any

from runner.metrics.base import MetricError
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
