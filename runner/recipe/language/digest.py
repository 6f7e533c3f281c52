"""The digest of a recipe: the same for two recipes that package and prove the same."""

import hashlib
import json
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
                field.alias or name: _canonical(getattr(value, name))
                for name, field in type(value).model_fields.items()
                if name in _ALWAYS or getattr(value, name) != _default(field)
            }
        case dict():
            return {key: _canonical(item) for key, item in value.items()}
        case list() | tuple():
            return [_canonical(item) for item in value]
        case _:
            return value


def _default(field: Any) -> Any:
    return field.get_default(call_default_factory=True)
