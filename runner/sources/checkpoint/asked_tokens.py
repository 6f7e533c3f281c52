"""What a recipe asks of a tokenizer or processor beyond what ``from_pretrained`` does."""

from collections.abc import Mapping
from typing import Any

from runner.errors import SourceError
from runner.text.spelling import did_you_mean

_TEMPLATE = "chat_template"
_OURS = frozenset({"split_digits"})


def loading_arguments(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give those of a recipe's arguments that ``from_pretrained`` takes.

    Args:
        asked: What the recipe says in ``load`` for the component.
    """
    return {
        name: value
        for name, value in asked.items()
        if name not in _OURS and not _names_template(name, value)
    }


def hold_to(tokenizer: Any, asked: Mapping[str, Any]) -> None:
    """Make special tokens and digit splitting hold where the checkpoint's file overrode them.

    Args:
        tokenizer: The tokenizer, as loaded; changed in place.
        asked: What the recipe says in ``load`` for it.
    """
    for key, value in asked.items():
        if key.endswith("_token") and not key.startswith("add_"):
            setattr(tokenizer, key, value)
    if asked.get("split_digits"):
        from tokenizers import pre_tokenizers

        backend = tokenizer.backend_tokenizer
        digits = pre_tokenizers.Digits(individual_digits=True)
        current = backend.pre_tokenizer
        backend.pre_tokenizer = pre_tokenizers.Sequence([digits, current] if current else [digits])


def choose_template(component: Any, asked: Mapping[str, Any], whose: str) -> None:
    """Take, of several chat templates, the one that a recipe names.

    Args:
        component: A tokenizer or processor, as loaded; changed in place.
        asked: What the recipe says in ``load`` for it.
        whose: What the checkpoint is called.

    Raises:
        SourceError: It has none of that name.
    """
    name = asked.get(_TEMPLATE)
    if not _names_template(_TEMPLATE, name):
        return
    has: Any = getattr(component, _TEMPLATE, None)
    templates: dict[str, str] = has if isinstance(has, dict) else {"default": has} if has else {}
    if name not in templates:
        known = f"it has {', '.join(templates)}" if templates else "it has none"
        raise SourceError(
            f"{whose} has no chat template that is called {name}: {known}",
            did_you_mean(str(name), templates) or "Name one of them, or write a template.",
        )
    component.chat_template = templates[str(name)]


def _names_template(name: str, value: Any) -> bool:
    """Say whether an argument is the name of a template: a text of its own shows no message."""
    return name == _TEMPLATE and isinstance(value, str) and bool(value) and "{" not in value
