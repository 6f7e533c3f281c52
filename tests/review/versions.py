"""Versions of a recipe to compare, without a repository."""

from typing import Any

import yaml

from runner.locks.lock import Lock
from runner.recipe.language.models import Recipe
from runner.review.sides import Version

TEXT: dict[str, Any] = {
    "task": "text-generation",
    "source": {"kind": "scratch", "architecture": "gpt2"},
}
LABELLED: dict[str, Any] = {**TEXT, "task": "text-classification"}


def version(values: dict[str, Any], lock_text: str = "", folder: str = "recipes") -> Version:
    """Give a version of a recipe.

    Args:
        values: The recipe.
        lock_text: Its lock; empty for none.
        folder: The folder of the file that wrote its source.
    """
    recipe = Recipe.model_validate(values)
    found = Lock.model_validate(yaml.safe_load(lock_text)) if lock_text else None
    return Version("one", "recipes/one.yaml", recipe, (), {"source": folder}, found)
