"""Proofs compared: what a model is held to, as something that callers may rely on."""

from collections.abc import Iterator
from typing import Any, cast

from runner.recipe.language.evaluation import Expectation
from runner.recipe.language.gates import parse_gate
from runner.recipe.language.models import Recipe
from runner.review.rules import ABSENT, Change
from runner.review.signatures import canonical, same
from runner.tasks.forms import example_rows

_ELSEWHERE = ("inputs", "expect", "views", "truncation", "gates")


def compare_proofs(before: Recipe, after: Recipe) -> Iterator[Change]:
    """Compare the proofs of two recipes.

    Args:
        before: The recipe before.
        after: The recipe after.
    """
    was, now = _promises(before), _promises(after)
    for promise in sorted(was.keys() - now.keys()):
        yield Change("promise-withdrawn", "evaluation.expect", was[promise], ABSENT)
    for promise in sorted(now.keys() - was.keys()):
        yield Change("promise-added", "evaluation.expect", ABSENT, now[promise])
    yield from _views(before, after)
    yield from _long_rows(before, after)
    yield from _gates(before, after)
    was, now = (recipe.evaluation.model_dump(mode="json") for recipe in (before, after))
    for field, old in was.items():
        if field == "inputs" and not same(old, now[field]):
            yield Change("proof-changed", "evaluation.inputs", old, now[field])
        elif field not in _ELSEWHERE:
            yield from _otherwise(f"evaluation.{field}", old, now[field])


def _otherwise(field: str, old: Any, new: Any) -> Iterator[Change]:
    """Tell a value that differs; of a block each of its keys."""
    if isinstance(old, dict) and isinstance(new, dict):
        was, now = cast("dict[str, Any]", old), cast("dict[str, Any]", new)
        for key in dict.fromkeys([*was, *now]):
            yield from _otherwise(f"{field}.{key}", was.get(key), now.get(key))
    elif old != new:
        old, new = (ABSENT if value is None else value for value in (old, new))
        yield Change("proof-changed", field, old, new)


def _gates(before: Recipe, after: Recipe) -> Iterator[Change]:
    was, now = before.evaluation.gates, after.evaluation.gates
    for name in dict.fromkeys([*was, *now]):
        old, new = was.get(name), now.get(name)
        if old != new:
            rule = "promise-added" if _is_stricter(old, new) else "promise-withdrawn"
            yield Change(rule, f"evaluation.gates.{name}", old or ABSENT, new or ABSENT)


def _is_stricter(old: str | None, new: str | None) -> bool:
    """Say whether whatever passes the new gate passed the old one."""
    was, now = (parse_gate(text) if text else None for text in (old, new))
    if was is None or now is None:
        return was is None
    if (was.upwards, was.other) != (now.upwards, now.other):
        return False
    if was.bound == now.bound:
        return len(now.order) <= len(was.order)
    return (now.bound > was.bound) == now.upwards


def _long_rows(before: Recipe, after: Recipe) -> Iterator[Change]:
    old, new = before.evaluation.truncation, after.evaluation.truncation
    if old != new:
        rule = "long-rows-refused" if new == "error" else "long-rows-cut"
        yield Change(rule, "evaluation.truncation", old, new)


def _views(before: Recipe, after: Recipe) -> Iterator[Change]:
    if before.evaluation.views == after.evaluation.views:
        return
    old, new = (recipe.evaluation.views for recipe in (before, after))
    lost = set(before.views) - set(after.views)
    lost |= {"source"} if _leaves_source_out(after) and not _leaves_source_out(before) else set()
    rule = "promise-withdrawn" if lost else "proof-changed"
    detail = f"not loaded as {' and '.join(sorted(lost))}" if lost else ""
    yield Change(rule, "evaluation.views", _views_said(old), _views_said(new), detail)


def _leaves_source_out(recipe: Recipe) -> bool:
    views = recipe.evaluation.views
    return views is not None and "source" not in views


def _views_said(views: Any) -> Any:
    return ABSENT if views is None else views


def _promises(recipe: Recipe) -> dict[str, dict[str, Any]]:
    """Give what is held of each input, so that neither numbering nor order counts."""
    inputs = _inputs(recipe)
    found: dict[str, dict[str, Any]] = {}
    for expectation in recipe.evaluation.expect:
        chosen = inputs if expectation.input is None else _at(inputs, expectation.input)
        for given in chosen or ["every input"]:
            promise = _promise(expectation, given, inputs)
            found[canonical(promise)] = promise
    return dict(sorted(found.items()))


def _promise(expectation: Expectation, given: Any, inputs: list[Any]) -> dict[str, Any]:
    said = expectation.model_dump(exclude_none=True, exclude_defaults=True)
    said["input"] = given
    if expectation.similar_to is not None:
        said["similar_to"] = (_at(inputs, expectation.similar_to) or [expectation.similar_to])[0]
    return said


def _at(inputs: list[Any], number: int) -> list[Any]:
    return inputs[number : number + 1]


def _inputs(recipe: Recipe) -> list[Any]:
    if recipe.evaluation.inputs:
        return recipe.evaluation.inputs
    given = recipe.input_example
    return [] if given is None else example_rows(recipe.contract, given)
