"""A sweep file as the command line asks for it: its points, with further overrides over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from runner.findings import Finding, RecipeError, Severity
from runner.recipe.composing.composed import Composed
from runner.recipe.composing.overrides import COMMAND_LINE, expand, key_of, parse
from runner.recipe.judging.explain import explain
from runner.recipe.language.sweep import Launcher, Sweep
from runner.recipe.reading.shelf import Shelf
from runner.recipe.sweeping.assessing import judge_sweep
from runner.recipe.sweeping.files import SWEEP, SweepFile, find_sweep

_LAUNCHER = "launcher"


@dataclass(frozen=True)
class AskedSweep:
    """A sweep that is right.

    Args:
        file: Its file.
        sweep: What the file says.
        launcher: Where its points run, as the command line has it.
        composed: Its points, with the command line's overrides over them.
        shelf: Where its recipes are.
        overrides: What the command line says of them.
    """

    file: SweepFile
    sweep: Sweep
    launcher: Launcher
    composed: tuple[Composed, ...]
    shelf: Shelf
    overrides: tuple[str, ...]


def ask_sweep(overrides: Sequence[str], config_dirs: Sequence[Path] = ()) -> AskedSweep:
    """Compose the points that a command line asks for with ``+sweep=NAME``.

    Args:
        overrides: The overrides as typed; those beside the sweep are put over every point of it,
            and one with several values makes as many points of each.
        config_dirs: Folders the user named.

    Raises:
        RecipeError: With everything that is wrong with any point, each thing once.
    """
    others = [word for word in overrides if key_of(word) != SWEEP]
    file = _named([word for word in overrides if key_of(word) == SWEEP], config_dirs)
    others, launcher = launcher_of(others, file.sweep.launcher if file.sweep else Launcher())
    shelf = file.shelf(config_dirs)
    judged = judge_sweep(file, shelf, expand(others, config_dirs))
    if file.sweep is None or any(one.severity is Severity.ERROR for one in judged.findings):
        raise RecipeError(judged.findings)
    return AskedSweep(file, file.sweep, launcher, judged.composed, shelf, tuple(others))


def launcher_of(words: Sequence[str], launcher: Launcher) -> tuple[list[str], Launcher]:
    """Take what a command line says of the launcher out of it.

    Args:
        words: The overrides as typed: ``launcher=ray``, ``launcher.workers=2`` among them.
        launcher: The launcher that the sweep file has.

    Returns:
        The other words, and the launcher.

    Raises:
        RecipeError: There is no such launcher.
    """
    own = [word for word in words if key_of(word).split(".")[0] == _LAUNCHER]
    parsed, findings = parse(own)
    said: dict[str, Any] = {"recipe": "", _LAUNCHER: launcher.model_dump()}
    for override in parsed:
        value = override.value()
        *path, last = override.key_or_group.split(".")
        if not path and isinstance(value, str):
            path, last = [_LAUNCHER], "kind"
        around = said
        for key in path:
            around = around.setdefault(key, {}) if isinstance(around, dict) else {}
        around[last] = value
    try:
        launcher = Sweep.model_validate(said).launcher
    except ValidationError as error:
        findings += explain(error, said, {}, Sweep)
    if findings:
        raise RecipeError(finding.at(COMMAND_LINE) for finding in findings)
    return [word for word in words if word not in own], launcher


def _named(words: Sequence[str], config_dirs: Sequence[Path]) -> SweepFile:
    parsed, findings = parse(words)
    if findings:
        raise RecipeError(findings)
    override, value = parsed[0], parsed[0].value()
    if len(parsed) > 1:
        raise _wrong(f"`+{SWEEP}` is given {len(parsed)} times.", "Give one.")
    if not isinstance(value, str) or not value:
        raise _wrong(f"`{override.input_line}` names no sweep.", f"Write +{SWEEP}=NAME.")
    if not override.is_add():
        raise _wrong(f"`{override.input_line}`: a sweep is added.", f"Write `+{SWEEP}={value}`.")
    found = find_sweep(value, config_dirs)
    if isinstance(found, Finding):
        raise RecipeError([found.at(COMMAND_LINE)])
    return found


def _wrong(message: str, remedy: str) -> RecipeError:
    return RecipeError([Finding("bad-override", message, remedy, place=COMMAND_LINE)])
