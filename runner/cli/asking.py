"""What a command line asks to be run: points, each with the folder that it is to leave."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.cli.folders import refuse_impossible
from runner.findings import Finding, RecipeError
from runner.recipe.compose import compose_all, naming
from runner.recipe.composing.command_line import GROUP
from runner.recipe.composing.composed import Composed
from runner.recipe.composing.overrides import COMMAND_LINE, expand, key_of
from runner.recipe.language.sweep import Launcher
from runner.recipe.reading.shelf import SUFFIX, open_shelf, unknown_recipe
from runner.recipe.sweeping.asking import AskedSweep, ask_sweep, launcher_of
from runner.recipe.sweeping.files import SWEEP
from runner.sweeps.points import Point, points


@dataclass(frozen=True)
class Asked:
    """What a command line asks for.

    Args:
        points: The points.
        is_sweep: Whether they are a sweep, of the command line or of a file.
        sweep: Name of the sweep file; empty where there is none.
        baseline: Values of the point that it compares the others with.
        launcher: Where it has its points run.
        file: The sweep file.
    """

    points: list[Point]
    is_sweep: bool
    sweep: str = ""
    baseline: dict[str, Any] = field(default_factory=dict[str, Any])
    launcher: Launcher = field(default_factory=Launcher)
    file: AskedSweep | None = None

    @property
    def searches(self) -> bool:
        """Whether it makes its points as it goes: those that are known are its corners."""
        return self.file is not None and self.file.sweep.search is not None

    @property
    def only(self) -> Point:
        """The point, of what is no sweep.

        Raises:
            RecipeError: It is one.
        """
        if self.is_sweep:
            message = "A sweep is asked for, and one point of a recipe is wanted."
            remedy = "Name a recipe and its overrides."
            raise RecipeError([Finding("bad-sweep", message, remedy, place=COMMAND_LINE)])
        return self.points[0]


def ask(args: Namespace, *, locked: bool = False) -> Asked:
    """Compose what the overrides ask for, and only if all of it is right and can be written.

    Args:
        args: The arguments: ``overrides`` and ``config_dir``, and ``multirun`` for every
            combination of the overrides' values.
        locked: Hold each recipe to its lock.

    Raises:
        RunnerError: Something of it is wrong, or no folder can be at its place.
    """
    if any(key_of(word) == SWEEP for word in args.overrides):
        return _of_file(args, locked=locked)
    many = bool(getattr(args, "multirun", False))
    words, launcher = launcher_of(args.overrides, Launcher()) if many else (args.overrides, None)
    overrides = with_recipe(words, args.config_dir)
    requests = expand(overrides, args.config_dir) if many else [overrides]
    composed = compose_all(requests, args.config_dir)
    asked = _placed(composed, args.config_dir, sweep=many, locked=locked)
    return Asked(asked, is_sweep=many, launcher=launcher or Launcher())


def _of_file(args: Namespace, *, locked: bool) -> Asked:
    found = ask_sweep(args.overrides, args.config_dir)
    asked = _placed(found.composed, args.config_dir, sweep=True, locked=locked)
    return Asked(asked, True, found.file.name, found.sweep.baseline, found.launcher, found)


def _placed(
    composed: Sequence[Composed], config_dirs: Sequence[Path], *, sweep: bool, locked: bool
) -> list[Point]:
    if locked:
        from runner.locks.check import hold_to_locks

        def as_written(one: Composed) -> Composed:
            return compose_all([[naming(str(one.file))]], config_dirs)[0] if sweep else one

        composed = hold_to_locks(composed, as_written)
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
    if any(key_of(word) == GROUP for word in overrides):
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
