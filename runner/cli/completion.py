"""``completion``: completion of verbs, recipes and fields in bash and zsh."""

import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Iterable

from runner.errors import Exit

SUMMARY = "print what makes a shell complete verbs, recipes and fields"

EPILOG = """\
example:
  python -m runner completion bash

  _recipe_runner() {
      …

  In ~/.bashrc: source <(recipe-runner completion bash); in ~/.zshrc: source <(recipe-runner completion zsh)
"""  # noqa: E501

_BASH = """\
_recipe_runner() {
    local line="${COMP_LINE:0:COMP_POINT}"
    local run=("${COMP_WORDS[0]/#\\~/$HOME}")
    case "${run[0]##*/}" in
        python*) case "$line" in *" -m runner "*) run+=(-m runner) ;; *) return 1 ;; esac ;;
    esac
    local IFS=$'\\n'
    COMPREPLY=($("${run[@]}" completion --line "$line" 2>/dev/null))
    case "${COMPREPLY[*]}" in *=) compopt -o nospace 2>/dev/null ;; esac
}
complete -o default -F _recipe_runner recipe-runner python python3
"""
_ZSH = "autoload -Uz bashcompinit && bashcompinit\n"
_TAKE_NAMES = ("validate", "lock", "doctor")
_GROUP = "+recipe="


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shell", nargs="?", choices=("bash", "zsh"), default="bash")
    parser.add_argument("--line", help=SUPPRESS)


def execute(args: Namespace) -> Exit:
    """Print the shell's function; or, asked by it, how a line may go on."""
    if args.line is None:
        sys.stdout.write((_ZSH if args.shell == "zsh" else "") + _BASH)
    else:
        sys.stdout.writelines(f"{word}\n" for word in complete(args.line))
    return Exit.DONE


def complete(line: str) -> list[str]:
    """Give how the last word of a command line may go on.

    Args:
        line: The line up to the cursor, the program's own name included.

    Returns:
        What may stand in place of that word; of one with ``=`` or ``,`` in it only what may
        stand after the last of them, because there shells begin a new word.
    """
    words = line.split(" ")
    start = words.index("runner") + 1 if "-m" in words and "runner" in words else 1
    *before, current = words[start:] or [""]
    given = [word for word in before if word]
    key, equals, value = current.rpartition("=")
    if equals:
        done, comma, begun = value.rpartition(",")
        found = [word for word in _values(f"{key}=") if word.startswith(begun)]
        return [f"{done}{comma}{word}" for word in found]
    return [word for word in _words(given, current) if word.startswith(current)]


def _words(given: list[str], current: str) -> Iterable[str]:
    from runner.cli import verbs

    if not given and not current.startswith("+"):
        yield from verbs()
    if given and given[0] in _TAKE_NAMES:
        yield from _names()
    elif not any(word.startswith(_GROUP) for word in given):
        yield _GROUP
    else:
        from runner.recipe.language.models import Recipe
        from runner.recipe.language.schema import SETTINGS, fields

        yield from (f"{name}=" for name in fields(Recipe))
        yield from (f"{'.'.join(map(str, loc))}=" for loc in SETTINGS)


def _values(start: str) -> Iterable[str]:
    if start == _GROUP:
        return _names()
    from runner.recipe.language.models import Recipe
    from runner.recipe.language.schema import annotation_at, choices
    from runner.tasks import all_tasks

    key = tuple(start.strip("+=").split("."))
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

    return open_shelf([]).names()
