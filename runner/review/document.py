"""A review as one JSON document."""

from collections.abc import Mapping, Sequence
from typing import Any

from runner.findings import Finding
from runner.review.review import Review, Reviewed
from runner.review.rules import ABSENT, RULES, Change, Impact
from runner.review.severities import Override
from runner.review.sides import Side
from runner.review.trial import Trial
from runner.text.visible import unhidden


def review_document(
    review: Review, trials: Mapping[str, Trial], expired: Sequence[Override] = ()
) -> dict[str, Any]:
    """Give a review as plain values.

    Args:
        review: The review.
        trials: The recipes that were run on both sides, by name.
        expired: Severities of the repository that hold no more.
    """
    return {
        "base": _side(review.before),
        "head": _side(review.after),
        "impact": str(review.impact),
        "counts": {str(impact): review.count(impact) for impact in Impact},
        "unchanged": review.unchanged,
        "notes": [{"path": unhidden(note.path), "why": note.why} for note in review.notes],
        "recipes": [_recipe(one, trials.get(one.name)) for one in review.recipes],
        "expired": [one.model_dump(mode="json", exclude_none=True) for one in expired],
    }


def _side(side: Side) -> dict[str, Any]:
    commit = side.commit or None
    return {"revision": side.label, "commit": commit, "where_it_parted": side.parted}


def _recipe(one: Reviewed, trial: Trial | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": one.name,
        "before": one.before.name if one.before else None,
        "after": one.after.name if one.after else None,
        "impact": str(one.impact),
        "files": list(one.files),
        "changes": [_change(change) for change in one.changes],
        "findings": [_finding(finding) for finding in one.findings],
    }
    if trial is not None:
        answers = ({"input": a.given, **_sides(a.before, a.after)} for a in trial.answers)
        document["answers"] = list(answers)
    return document


def _change(change: Change) -> dict[str, Any]:
    return {
        "impact": str(change.impact),
        "rule": change.rule,
        "field": change.field,
        "what": change.what,
        "why": RULES[change.rule].why,
        **_sides(change.before, change.after),
        **_accepted(change),
    }


def _accepted(change: Change) -> dict[str, Any]:
    """Give what the repository says of the severity of a change, and what it would be."""
    if change.taken_for is None:
        return {}
    said = {"reason": change.reason, "expires": change.until or None}
    return {"severity_of_rule": str(RULES[change.rule].impact), "accepted": said}


def _sides(before: Any, after: Any) -> dict[str, Any]:
    """Give both values; one that is not there has no key, where null would be a value."""
    sides = {"before": before, "after": after}
    return {name: value for name, value in sides.items() if value is not ABSENT}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "message": finding.message,
        "remedy": finding.remedy,
        "place": str(finding.place or ""),
    }
