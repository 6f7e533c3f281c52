"""How a line goes on: argcomplete talks to the shell, this knows the words."""

import os
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Iterable

from argcomplete.completers import BaseCompleter, FilesCompleter
from argcomplete.finders import CompletionFinder
from argcomplete.lexers import split_line

from runner.cli.arguments import VerbParser
from runner.cli.verb import verb_names

_RECIPE, _SWEEP = "+recipe=", "+sweep="
_NAMES = ("paths", "recipes", "words")
"""Arguments that take names of recipes."""


class _Completer(BaseCompleter):
    """Completes arguments that have no fixed choices.

    Args:
        given: The words before, the verb included where there is one.
    """

    def __init__(self, given: list[str]) -> None:
        self._given = given

    def __call__(
        self, *, prefix: str, action: Action, parser: ArgumentParser, parsed_args: Namespace
    ) -> Iterable[str]:
        if action.dest == "overrides":
            return complete_override(self._given, prefix)
        if action.dest in _NAMES and not action.option_strings:
            return [name for name in _names() if name.startswith(prefix)]
        return FilesCompleter()(prefix)


def answer_shell() -> None:
    """Answer the question that argcomplete's shell code puts into the environment, and end."""
    line, point = os.environ["COMP_LINE"], int(os.environ["COMP_POINT"])
    _, _, _, (_, *given), _ = split_line(line, point)
    named = bool(given) and given[0] in verb_names()
    os.environ["_ARGCOMPLETE"] = "2" if named else "1"  # how many words are before the arguments
    parser = VerbParser(given[0] if named else "run")
    CompletionFinder()(parser, default_completer=_Completer(given))


def complete_override(given: list[str], current: str) -> list[str]:
    """Give how the last word of a command line may go on that takes overrides.

    Args:
        given: The words before it, the verb included where there is one.
        current: What is typed of it.

    Returns:
        What may stand in its place.
    """
    key, equals, value = current.rpartition("=")
    if equals:
        done, comma, begun = value.rpartition(",")
        found = [word for word in _values(f"{key}=") if word.startswith(begun)]
        return [f"{key}={done}{comma}{word}" for word in found]
    return [word for word in _words(given, current) if word.startswith(current)]


def _words(given: list[str], current: str) -> Iterable[str]:
    if not given and not current.startswith("+"):
        yield from verb_names()
    if not any(word.startswith((_RECIPE, _SWEEP)) for word in given):
        yield from (_RECIPE, _SWEEP)
    else:
        from runner.recipe.language.models import Recipe
        from runner.recipe.language.schema import SETTINGS, fields

        yield from (f"+{group}=" for group in _groups())
        yield from (f"{name}=" for name in fields(Recipe))
        yield from (f"{'.'.join(map(str, loc))}=" for loc in SETTINGS)


def _values(start: str) -> Iterable[str]:
    if start == _RECIPE:
        return _names()
    if start == _SWEEP:
        from runner.recipe.sweeping.files import all_sweeps

        return [file.name for file in all_sweeps()]
    from runner.recipe.language.models import Recipe
    from runner.recipe.language.schema import annotation_at, choices
    from runner.recipe.reading.shelf import open_shelf
    from runner.tasks import all_tasks

    name = start.strip("+=")
    if name in _groups():
        return open_shelf().choices((name,))
    key = tuple(name.split("."))
    if key == ("device",):
        return ["auto", "cpu", "cuda:0"]
    if key == ("task",):
        return all_tasks()
    annotation = annotation_at(key, {})
    if annotation is bool:
        return ["true", "false"]
    return choices(annotation) if annotation and key[0] in Recipe.model_fields else []


def _names() -> list[str]:
    from runner.recipe.reading.shelf import open_shelf

    return open_shelf().names()


def _groups() -> list[str]:
    """Give the groups there are: blocks of a recipe with files of their own."""
    from runner.recipe.language.schema import is_block_at
    from runner.recipe.reading.shelf import open_shelf

    folders = (folder for root in open_shelf().groups for folder in root.iterdir())
    return sorted({f.name for f in folders if f.is_dir() and is_block_at((f.name,))})
