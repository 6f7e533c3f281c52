"""Composition: a recipe and the command line's overrides, put together by Hydra."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException
from pydantic import ValidationError

from runner.findings import Finding, Loc, RecipeError, Severity
from runner.recipe.composing.composed import Composed, Origin
from runner.recipe.composing.config_source import GROUP, quoted, search_path
from runner.recipe.composing.layers import Layered, forget, layer
from runner.recipe.composing.overrides import COMMAND_LINE
from runner.recipe.composing.request import Request, Setting, read_request, settings_of
from runner.recipe.judging.explain import explain
from runner.recipe.judging.validation import validate
from runner.recipe.language.schema import SETTINGS, value_at
from runner.recipe.language.settings import Settings
from runner.recipe.reading.lineage import trace
from runner.recipe.reading.shelf import open_shelf
from runner.recipe.reading.shipped import shipped
from runner.recipe.reading.strict_yaml import read

_PRIMARY = "config"
_HYDRA = "1.3"


def compose(overrides: Sequence[str], config_dirs: Sequence[Path] = ()) -> Composed:
    """Compose a recipe.

    Args:
        overrides: ``+recipe=NAME`` (or ``+recipe=path/to/file.yaml``), then ``key=value``.
        config_dirs: More folders of recipes, searched before ``./recipes`` and the shipped ones.

    Returns:
        The validated recipe and settings, with the origin of every value.

    Raises:
        RecipeError: With everything that is wrong with the files and the command line.
    """
    request = read_request(overrides, open_shelf(config_dirs))
    if not request.name:
        raise RecipeError(request.findings)
    lineage = trace(request.shelf, request.name, COMMAND_LINE)
    layered = layer(lineage.documents)
    settings = list(settings_of(request, layered.values))
    findings = [*request.findings, *lineage.findings]
    file = request.shelf.find(request.name)
    if findings or file is None:
        _, more = validate(layered, lineage.findings)
        raise RecipeError(_unique([*findings, *more]))
    composed, run = _with_hydra(request, settings)
    _complete_params(composed, layered.values)
    _apply_origins(layered, settings)
    final = Layered(composed, layered.origins, layered.raw)
    recipe, findings = validate(final)
    run_settings, wrong = _run_settings(run)
    if recipe is None or wrong or any(f.severity is Severity.ERROR for f in findings):
        raise RecipeError(_unique([*findings, *wrong]))
    return Composed(
        file=file,
        name=request.name,
        recipe=recipe,
        settings=run_settings,
        values=composed,
        origins=_settings_origins(settings) | layered.origins,
        overrides=tuple(s.override for s in settings if s.loc not in SETTINGS),
        warnings=tuple(_unique(findings)),
    )


def _unique(findings: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))


def _with_hydra(
    request: Request, settings: Sequence[Setting]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Compose, and part what belongs to the recipe from what belongs to the run."""
    overrides = [
        search_path(request.shelf.roots),
        f"+{GROUP}={quoted(request.name)}",
        *(setting.hydra for setting in settings),
    ]
    try:
        with initialize_config_dir(str(shipped("configs")), job_name="runner", version_base=_HYDRA):
            config = hydra_compose(_PRIMARY, overrides)
        run = _take_settings(config)
        recipe = OmegaConf.to_container(config, resolve=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise RecipeError([_refused(error, settings)]) from error
    return {str(k): v for k, v in recipe.items()} if isinstance(recipe, dict) else {}, run


def _take_settings(config: DictConfig) -> dict[str, Any]:
    """Take the settings out, so that no reference of a recipe can show them."""
    run: dict[str, Any] = {}
    for loc in SETTINGS:
        around = run
        for key in loc[:-1]:
            around = around.setdefault(str(key), {})
        found = OmegaConf.select(config, ".".join(map(str, loc)))
        around[str(loc[-1])] = _plain(found)
    with open_dict(config):
        for loc in SETTINGS:
            for depth in range(len(loc), 0, -1):
                _take(config, loc[:depth], whole=depth == len(loc))
    return run


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value) if OmegaConf.is_config(value) else value


def _take(config: Any, loc: Loc, *, whole: bool) -> None:
    """Take a value out; a block around it only once nothing else is in it."""
    for key in loc[:-1]:
        config = config.get(key, {})
    if whole or not config.get(loc[-1], True):
        config.pop(loc[-1], None)


def _refused(error: Exception, settings: Sequence[Setting]) -> Finding:
    """Name the override that Hydra or OmegaConf would not take."""
    cause: BaseException = error.__cause__ or error
    why = str(cause).split("\n", 1)[0].rstrip(".")
    at = str(getattr(cause, "full_key", "") or "")
    blamed = [s.override for s in settings if at and at == ".".join(map(str, s.loc))]
    subject = f"`{blamed[-1]}`" if blamed else "The overrides"
    return Finding("bad-override", f"{subject} cannot be composed: {why}.", place=COMMAND_LINE)


def _complete_params(values: dict[str, Any], written: dict[str, Any]) -> None:
    """Keep the default of a short-form param to which the command line adds, say, a type."""
    params = values.get("params")
    for name, param in params.items() if isinstance(params, dict) else ():
        before = value_at(written, ("params", name))
        if isinstance(param, dict) and "default" not in param and not isinstance(before, dict):
            param["default"] = before


def _apply_origins(layered: Layered, settings: Sequence[Setting]) -> None:
    for setting in settings:
        if setting.deletes or not isinstance(setting.value, dict):
            forget(layered, setting.loc)
        if not setting.deletes and setting.loc not in SETTINGS:
            _note(layered.origins, setting.value, setting.loc)


def _note(origins: dict[Loc, Origin], value: Any, loc: Loc) -> None:
    origins[loc] = Origin(COMMAND_LINE, Path.cwd())
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            _note(origins, item, (*loc, key))


def _run_settings(values: dict[str, Any]) -> tuple[Settings, list[Finding]]:
    try:
        return Settings.model_validate(values), []
    except ValidationError as error:
        return Settings(), [replace(f, place=COMMAND_LINE) for f in explain(error, values, {})]


def _settings_origins(settings: Sequence[Setting]) -> dict[Loc, Origin]:
    document = read(shipped("configs") / f"{_PRIMARY}.yaml")
    folder = document.path.parent
    origins = {loc: Origin(document.places[loc], folder) for loc in SETTINGS}
    given = {s.loc for s in settings if s.loc in SETTINGS}
    return origins | {loc: Origin(COMMAND_LINE, Path.cwd()) for loc in given}
