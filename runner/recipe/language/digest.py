"""The digest of a recipe: the same for two recipes that package and prove the same."""

import hashlib
import json
from functools import cache
from typing import Any

from pydantic import BaseModel

from runner.recipe.language.models import Recipe

_ALWAYS = ("kind",)
_NEVER = ("description",)


def digest(recipe: Recipe) -> str:
    """Give the SHA-256 of a recipe, in hexadecimal.

    Args:
        recipe: The recipe. Key order, values equal to their default and the description do not
            count, nor does which file wrote what.
    """
    canonical = _canonical(recipe)
    for name in _NEVER:
        canonical.pop(name, None)
    text = json.dumps(canonical, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(value: Any) -> Any:
    match value:
        case BaseModel():
            return {
                called: _canonical(getattr(value, name))
                for name, (called, default) in _fields(type(value)).items()
                if name in _ALWAYS or getattr(value, name) != default
            }
        case dict():
            return {key: _canonical(item) for key, item in value.items()}
        case list() | tuple():
            return [_canonical(item) for item in value]
        case _:
            return value


@cache
def _fields(model: type[BaseModel]) -> dict[str, tuple[str, Any]]:
    """Give what the fields of a model are called in YAML, and their defaults."""
    return {
        name: (field.alias or name, field.get_default(call_default_factory=True))
        for name, field in model.model_fields.items()
    }
