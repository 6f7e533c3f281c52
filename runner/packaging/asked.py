"""What a recipe asks of its model by name, held against what the model knows."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runner.errors import SourceError
from runner.pyfunc.languages import ARGUMENTS, languages_of, named_by, problem
from runner.recipe.language.models import Recipe
from runner.text.spelling import did_you_mean

if TYPE_CHECKING:
    from runner.packaging.blueprint import Blueprint

_LEAVE = "Name one that it knows, or leave it out."


def insist_on_known(recipe: Recipe, parts: "Blueprint") -> None:
    """Refuse a name in ``model_config`` or ``params`` that every inference would refuse.

    Args:
        recipe: The recipe.
        parts: The parts, components included.

    Raises:
        SourceError: The model does not know it.
    """
    for place, name in _said(recipe, "prompt_name"):
        known = [*parts.sentences.prompts] if parts.sentences else []
        if name not in known:
            message = f"`{place}` is {name}, which {parts.checkpoint.name} does not declare"
            listed = f"It declares {', '.join(known)}." if known else "It declares no prompts."
            raise SourceError(message, f"{did_you_mean(name, known)} {listed}".strip())
    if ARGUMENTS[0] in parts.task.arguments:
        _insist_on_languages(recipe, parts)


def _insist_on_languages(recipe: Recipe, parts: "Blueprint") -> None:
    tokenizer, named = parts.components["tokenizer"], named_by(recipe.task)
    several = bool(languages_of(tokenizer))
    given = [(place, name, value) for name in ARGUMENTS for place, value in _said(recipe, name)]
    if not given and several:
        given = [("task", name, value) for name, value in named.items()]
    for place, name, value in given:
        if wrong := problem(tokenizer, name, value):
            raise SourceError(f"`{place}` of {parts.checkpoint.name}: {wrong}", _LEAVE)
    told = [
        n for n in ARGUMENTS if n in named or n in recipe.params or n in recipe.inference_config
    ]
    if several and parts.task.languages and len(told) < len(ARGUMENTS):
        raise SourceError(
            f"{parts.checkpoint.name} translates between languages that it is told, and the "
            "recipe names none",
            "Write src_lang and tgt_lang into `model_config`, or into `params` for callers.",
        )


def _said(recipe: Recipe, argument: str) -> Iterator[tuple[str, str]]:
    """Give the values that a recipe says of an argument, each with the place that says it."""
    param = recipe.params.get(argument)
    given = {
        "model_config": recipe.inference_config.get(argument),
        "params": param.default if param else None,
    }
    return ((f"{b}.{argument}", str(v)) for b, v in given.items() if v is not None)
