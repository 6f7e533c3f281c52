"""Recipes that are named by the words of a command line, where a verb takes them as written."""

from collections.abc import Sequence

_RECIPE, _SWEEP = "+recipe=", "+sweep="


def named(words: Sequence[str], verb: str) -> list[str]:
    """Give names of recipes and sweeps, ``+recipe=NAME`` as ``NAME``.

    Args:
        words: Names and files as typed; ``+sweep=NAME`` stays as it is.
        verb: What asks for them.

    Raises:
        RecipeError: A word changes something of a recipe, which the verb takes as written.
    """
    from runner.findings import Finding, Place, RecipeError

    names = [word.removeprefix(_RECIPE) for word in words]
    if changes := [word for word in names if _is_change(word)]:
        raise RecipeError(
            [
                Finding(
                    "bad-override",
                    f"`{verb}` takes recipes as they are written: `{word}` names none.",
                    "`plan +recipe=NAME key=value …` judges a recipe with its overrides.",
                    place=Place("command line"),
                )
                for word in changes
            ]
        )
    return names


def _is_change(word: str) -> bool:
    """Say whether a word is an override: a path that begins as none does may have a ``=``."""
    if word.startswith(_SWEEP):
        return False
    return word.startswith(("+", "~")) or "=" in word.partition("/")[0]
