"""Compose a recipe: its files and the command line, validated as one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from runner.findings import Finding, RecipeError, Severity
from runner.recipe.assessing import judge
from runner.recipe.composing.changes import apply_changes
from runner.recipe.composing.command_line import GROUP, read_command_line
from runner.recipe.composing.composed import Composed
from runner.recipe.composing.layers import Origin, Part, layer
from runner.recipe.composing.lineage import trace
from runner.recipe.composing.overrides import COMMAND_LINE, key_of
from runner.recipe.composing.written import NOWHERE
from runner.recipe.judging.explain import explain
from runner.recipe.language.schema import SETTINGS
from runner.recipe.language.settings import RunSettings
from runner.recipe.reading.shelf import Shelf, open_shelf
from runner.recipe.reading.shipped import shipped
from runner.recipe.reading.strict_yaml import read
from runner.upstream.hydra_api import quoted

_SETTINGS = "config.yaml"


def compose(
    overrides: Sequence[str],
    config_dirs: Sequence[Path] = (),
    written: Mapping[str, Origin] = NOWHERE,
) -> Composed:
    """Compose a recipe.

    Args:
        overrides: ``+recipe=NAME`` (or ``+recipe=path/to/file.yaml``), then ``key=value``.
        config_dirs: More folders of recipes, searched before ``./recipes`` and the shipped ones.
        written: Where overrides were written that a sweep file has, by their text.

    Returns:
        The validated recipe and settings, with the origin of every value.

    Raises:
        RecipeError: With everything that is wrong with the files and the command line.
    """
    return compose_from(open_shelf(config_dirs), overrides, written)


def compose_from(
    shelf: Shelf,
    overrides: Sequence[str],
    written: Mapping[str, Origin] = NOWHERE,
    unasked: Collection[str] = (),
) -> Composed:
    """Compose a recipe of a shelf.

    Args:
        shelf: Where recipes and groups are.
        overrides: As for :func:`compose`.
        written: Likewise.
        unasked: Codes of findings that are left out, because they are of another machine.

    Raises:
        RecipeError: With everything that is wrong with the files and the command line.
    """
    request = read_command_line(overrides, shelf, written)
    file = request.shelf.find(request.name) if request.name else None
    if file is None:
        raise RecipeError(request.findings)
    lineage = trace(request.shelf, request.name, COMMAND_LINE, request.choices)
    layered, of_run = layer(lineage.parts), layer([Part(read(shipped("configs") / _SETTINGS))])
    apply_changes(request.others, layered, of_run, written)
    assessed = judge(lineage, layered)
    settings, wrong = _settings(of_run.values)
    found = [*request.findings, *assessed.findings, *of_run.findings, *wrong]
    findings = _unique(finding for finding in found if finding.code not in unasked)
    if assessed.recipe is None or any(f.severity is Severity.ERROR for f in findings):
        raise RecipeError(findings)
    return Composed(
        file=file,
        name=request.name,
        recipe=assessed.recipe,
        settings=settings,
        values=assessed.values,
        origins={loc: of_run.origins[loc] for loc in SETTINGS} | assessed.origins,
        overrides=tuple(text for text in request.overrides if not _is_setting(text)),
        given=tuple(text for text in request.overrides if _is_setting(text)),
        warnings=tuple(findings),
    )


def compose_all(
    requests: Iterable[Sequence[str]],
    config_dirs: Sequence[Path] = (),
    written: Mapping[str, Origin] = NOWHERE,
) -> list[Composed]:
    """Compose many recipes, and only if all of them are right give any.

    Args:
        requests: The overrides of each.
        config_dirs: More folders of recipes, searched before ``./recipes`` and the shipped ones.
        written: Where overrides were written that a sweep file has, by their text.

    Raises:
        RecipeError: With everything that is wrong with any of them, each thing once.
    """
    composed: list[Composed] = []
    findings: list[Finding] = []
    shelf = open_shelf(config_dirs)
    for overrides in requests:
        try:
            composed.append(compose_from(shelf, overrides, written))
        except RecipeError as error:
            findings.extend(error.findings)
    if findings:
        raise RecipeError(_unique(findings))
    return composed


def naming(name: str) -> str:
    """Give the override that names a recipe.

    Args:
        name: Its name or file, with whatever characters.
    """
    return f"+{GROUP}={quoted(name)}"


def _unique(findings: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))


def _is_setting(override: str) -> bool:
    return tuple(key_of(override).split(".")) in SETTINGS


def _settings(values: dict[str, Any]) -> tuple[RunSettings, list[Finding]]:
    try:
        return RunSettings.model_validate(values), []
    except ValidationError as error:
        return RunSettings(), [replace(f, place=COMMAND_LINE) for f in explain(error, values, {})]
