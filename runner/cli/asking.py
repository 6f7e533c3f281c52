"""What a command line asks to be run: points, each with the folder that it is to leave."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from runner.cli.folders import refuse_impossible
from runner.findings import Finding, RecipeError
from runner.recipe.compose import compose_all, naming
from runner.recipe.composing.command_line import GROUP
from runner.recipe.composing.overrides import COMMAND_LINE, expand
from runner.recipe.reading.shelf import SUFFIX, open_shelf, unknown_recipe
from runner.sweeps.points import Point, points


def ask_points(args: Namespace, *, sweep: bool = False, locked: bool = False) -> list[Point]:
    """Compose what the overrides ask for, and only if all of it is right and can be written.

    Args:
        args: The arguments: ``overrides`` and ``config_dir``.
        sweep: Every combination of the overrides' values, not one point.
        locked: Hold each recipe to its lock.

    Raises:
        RunnerError: Something of it is wrong, or no folder can be at its place.
    """
    overrides = with_recipe(args.overrides, args.config_dir)
    requests = expand(overrides, args.config_dir) if sweep else [overrides]
    composed = compose_all(requests, args.config_dir)
    if locked:
        from runner.locks.check import hold_to_locks

        composed = hold_to_locks(composed)
    asked = points(composed, sweep=sweep)
    refuse_impossible(point.folder for point in asked)
    return asked


def insist_on_golden(args: Namespace, asked: Sequence[Point]) -> None:
    """See that golden answers can be taken, where the command line asks for it.

    Args:
        args: The arguments: ``update_golden``.
        asked: The points.

    Raises:
        RecipeError: A recipe has no golden answers, or is not run as it is written.
    """
    if not args.update_golden:
        return
    for point in asked:
        if not point.composed.recipe.evaluation.golden:
            message = f"{point.composed.name} has no golden answers to update."
            remedy = "Give it `evaluation: {golden: true}`."
        elif point.composed.overrides:
            message = f"{', '.join(point.composed.overrides)}: golden answers are the recipe's own."
            remedy = "Update them without overrides."
        else:
            continue
        raise RecipeError([Finding("golden-refused", message, remedy).at(COMMAND_LINE)])


def with_recipe(overrides: Sequence[str], config_dirs: Sequence[Path]) -> list[str]:
    """Give overrides in which a bare word that is a recipe's name or file is ``+recipe=`` of it.

    Args:
        overrides: The words as typed.
        config_dirs: Folders of recipes the user named.

    Raises:
        RecipeError: A bare word is neither, and nothing else names a recipe.
    """
    if any(word.partition("=")[0].lstrip("+~") == GROUP for word in overrides):
        return list(overrides)
    shelf = open_shelf(config_dirs)
    named: list[str] = []
    unknown: list[Finding] = []
    for word in overrides:
        if "=" in word or word.startswith(("+", "~")):
            named.append(word)
        elif shelf.find(word) or (word.endswith(SUFFIX) and Path(word).is_file()):
            named.append(naming(word))
        else:
            unknown.append(unknown_recipe(shelf, word).at(COMMAND_LINE))
    if unknown:
        raise RecipeError(unknown)
    return named
