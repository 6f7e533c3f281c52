"""The command line, read: which recipe, which blocks from groups, which values to change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runner.findings import Finding, Place
from runner.recipe.composing.layers import Origin
from runner.recipe.composing.lineage import Choice, Group
from runner.recipe.composing.overrides import parse
from runner.recipe.composing.written import NOWHERE, origin_of
from runner.recipe.language.models import Recipe
from runner.recipe.language.schema import fields, is_block_at
from runner.recipe.reading.shelf import SUFFIX, Shelf, is_lock, not_a_recipe, unknown_recipe
from runner.text.spelling import nearest
from runner.upstream.hydra_api import Override

GROUP = "recipe"
"""What names the recipe: ``+recipe=text-generation/scratch``."""


@dataclass
class CommandLine:
    """A command line, read.

    Args:
        shelf: Where recipes are, the folder of a recipe given by its file first.
        name: The recipe's name; empty where none was given.
        choices: What is chosen of config groups, by group.
        others: The overrides beside the recipe and the groups.
        overrides: All but the recipe, as typed.
        findings: What is wrong so far.
        written: Where overrides were written that a file has, by their text.
    """

    shelf: Shelf
    name: str = ""
    choices: dict[Group, Choice] = field(default_factory=dict[Group, Choice])
    others: list[Override] = field(default_factory=list[Override])
    overrides: list[str] = field(default_factory=list[str])
    findings: list[Finding] = field(default_factory=list[Finding])
    written: Mapping[str, Origin] = field(default_factory=dict[str, Origin])

    def find(self, code: str, message: str, remedy: str, text: str = "") -> None:
        """Add a finding about the command line, or about an override of a file."""
        place = origin_of(text, self.written).place
        self.findings.append(Finding(code, message, remedy, place=place))


def read_command_line(
    overrides: Sequence[str], shelf: Shelf, written: Mapping[str, Origin] = NOWHERE
) -> CommandLine:
    """Find the recipe a command line names, and refuse what no recipe can answer.

    Args:
        overrides: The overrides as typed.
        shelf: Where recipes are.
        written: Where overrides were written that a file has, by their text.
    """
    parsed, findings = parse(overrides)
    request = CommandLine(shelf, findings=findings, written=written)
    chosen: list[Override] = []
    misspelt = False
    for override in parsed:
        key, text = override.key_or_group, override.input_line or ""
        if override.is_sweep_override():
            remedy = "Add -m to run every combination, or quote the value if it is one."
            message = f"`{text}` stands for several values."
            request.find("sweep-without-multirun", message, remedy, text)
        elif key.split(".")[0].split("/")[0] == "hydra":
            remedy = "Use out=DIR for the output folder, and -m for sweeps."
            request.find(
                "forbidden-override", f"`{text}`: the runner runs by itself.", remedy, text
            )
        elif key == GROUP:
            chosen.append(override)
        elif _is_misspelt_group(override):
            misspelt = True
            remedy = f"Did you mean `+{GROUP}={override.get_value_string()}`?"
            request.find("unknown-group", f"`{text}`: there is no `{key}`.", remedy, text)
        elif names := _choice(override):
            request.overrides.append(text)
            place = origin_of(text, written).place
            choice = Choice(text, _group(override), names, override.is_add(), place)
            _choose_group(request, choice)
        elif override.package is not None or "/" in key:
            remedy = "Write key=value with the path of a field, such as source.revision=main."
            request.find("unknown-group", f"`{text}`: there is no group `{key}`.", remedy, text)
        else:
            request.overrides.append(text)
            request.others.append(override)
    if chosen or not (misspelt or findings):
        _choose_recipe(request, chosen)
    return request


def _is_misspelt_group(override: Override) -> bool:
    key = override.key_or_group
    known = [GROUP, *fields(Recipe), "out", "device", "allow_code"]
    if key in known or "." in key or not isinstance(override.value(), str):
        return False
    return nearest(key.split("/")[0], known) == [GROUP]


def _group(override: Override) -> Group:
    return tuple(override.key_or_group.split("/"))


def _choice(override: Override) -> tuple[str, ...]:
    """Give the names that an override takes of a group; none where it sets a value."""
    if override.is_delete() or override.package or not is_block_at(_group(override)):
        return ()
    value = override.value()
    given = value if isinstance(value, list) else [value]
    names = [name for name in given if isinstance(name, str) and name]
    return tuple(map(str, names)) if len(names) == len(given) else ()


def _choose_group(request: CommandLine, choice: Choice) -> None:
    if choice.group in request.choices:
        message = f"`{choice.text}`: the group `{'/'.join(choice.group)}` is chosen twice."
        request.find("bad-override", message, "Give one, or a list of names.", choice.text)
    request.choices[choice.group] = choice


def _choose_recipe(request: CommandLine, chosen: Sequence[Override]) -> None:
    if not chosen:
        remedy = f"Write +{GROUP}=NAME. {request.shelf.suggest('')}".rstrip()
        request.find("missing-recipe", "No recipe is named.", remedy)
        return
    override, value = chosen[0], chosen[0].value()
    if len(chosen) > 1:
        message = f"`+{GROUP}` is given {len(chosen)} times."
        request.find("bad-override", message, "Give one.", chosen[-1].input_line or "")
    elif not isinstance(value, str) or not value or override.package is not None:
        message = f"`{override.input_line}` names no recipe."
        request.find("bad-override", message, f"Write +{GROUP}=NAME.")
    elif not override.is_add():
        message = f"`{override.input_line}`: a recipe is added."
        request.find("unknown-group", message, f"Write `+{GROUP}={value}`.")
    else:
        _name(request, value, origin_of(override.input_line or "", request.written).place)


def _name(request: CommandLine, value: str, place: Place) -> None:
    file = Path(value)
    if is_lock(file) and file.is_file():
        request.findings.append(not_a_recipe(file).at(place))
    elif value.endswith(SUFFIX) and file.is_file():
        request.shelf, request.name = request.shelf.first(file)
    elif request.shelf.find(value):
        request.name = value.removesuffix(SUFFIX)
    else:
        request.findings.append(unknown_recipe(request.shelf, value).at(place))
