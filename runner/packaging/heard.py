"""Arguments of ``load`` that are not heard: transformers drops them without a word."""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from runner.findings import Finding, RecipeError
from runner.tasks.arguments import LOADING
from runner.text.spelling import did_you_mean

_PARTS = ("tokenizer", "image_processor", "feature_extractor", "video_processor")


def insist_on_heard(name: str, component: Any, asked: Mapping[str, Any]) -> None:
    """Refuse arguments that a component does not know.

    Args:
        name: ``tokenizer``, ``feature_extractor``, ``image_processor`` or ``processor``.
        component: The component, as loaded.
        asked: What the recipe says in ``load`` for it.

    Raises:
        RecipeError: It does not know one.
    """
    parts = [component, *(getattr(component, part) for part in _PARTS if hasattr(component, part))]
    known = {*LOADING[name], *(word for part in parts for word in _taken(part))}
    refuse_unheard(name, type(component).__name__, known, [
        word for word in asked if not any(hasattr(part, word) for part in parts)
    ])  # fmt: skip


def refuse_unheard(name: str, heard_by: str, known: Iterable[str], asked: Iterable[str]) -> None:
    """Refuse what is not among the known arguments.

    Args:
        name: The part of ``load`` that says them.
        heard_by: Class that is loaded.
        known: Arguments that it takes.
        asked: Arguments that the recipe gives.

    Raises:
        RecipeError: It does not take one.
    """
    words = {*known}
    findings = [
        Finding(
            "bad-load-argument",
            f"`load.{name}.{word}` is not heard by {heard_by}.",
            did_you_mean(word, words) or "Leave it out.",
            ("load", name, word),
        )
        for word in asked
        if word not in words
    ]
    if findings:
        raise RecipeError(findings)


def _taken(part: Any) -> Iterator[str]:
    """Give the arguments that the classes of a component take when it is made."""
    for base in type(part).__mro__[:-1]:
        yield from inspect.signature(base.__init__).parameters
