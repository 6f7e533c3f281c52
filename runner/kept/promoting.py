"""Promote a run: register its model, set the alias, write its values into the recipe."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from runner.comparing.runs import recipe_values
from runner.errors import Exit, RunnerError, SourceError, WrongInput
from runner.kept.folders import no_record
from runner.kept.promotion import Promotion, read_promotion
from runner.kept.servers import not_promoted, server_of
from runner.kept.writing_back import Change, change_of
from runner.locks.lock import lock_file_of
from runner.recipe.language.models import Recipe
from runner.recipe.language.tracking import alias_problem, name_problem
from runner.records import RunRecord, TrackingRecord, read_record
from runner.stores import asking
from runner.text.secrets import without_user
from runner.text.visible import on_a_line

if TYPE_CHECKING:
    from mlflow import MlflowClient

_MODEL = "model"


class NotPromoted(RunnerError):
    """The verdict on a run does not allow what was asked."""

    code = "not-promoted"
    exit = Exit.GATE_FAILED


@dataclass(frozen=True)
class Asked:
    """What is asked of a promotion.

    Args:
        name: Registered model name; the recipe's where absent.
        alias: The alias; the recipe's where absent.
        uri: Tracking URI; that of the run where absent.
        write: Whether the point's values are written into the recipe.
        dry: Whether it is only said what would be done.
        config_dirs: More folders of recipes.
    """

    name: str | None = None
    alias: str | None = None
    uri: str | None = None
    write: bool = True
    dry: bool = False
    config_dirs: Sequence[Path] = ()


@dataclass(frozen=True)
class Promoted:
    """What was done, or would be.

    Args:
        name: Registered model name.
        version: The version; empty of what is only said.
        alias: The alias that points at it; empty where none does.
        recipe: The recipe's file, where it was changed; else empty.
        done: What was done, a sentence each.
    """

    name: str
    version: str = ""
    alias: str = ""
    recipe: str = ""
    done: list[str] = field(default_factory=list[str])


def promote(named: Path, asked: Asked) -> Promoted:
    """Promote a run.

    Args:
        named: Folder of the point, or its record.
        asked: What is asked.

    Returns:
        What was done.

    Raises:
        NotPromoted: The verdict on the run does not stand, or is not one for an alias.
        WrongInput: No name is given, or the recipe is not to be changed so.
        SourceError: There is no record, or it cannot be read.
        TrackingError: The registry failed.
    """
    folder = named if named.is_dir() else named.parent
    record, recipe = _read(named, folder)
    alias = asked.alias or recipe.tracking.alias or ""
    name = asked.name or recipe.tracking.register_as
    if name is None:
        message = "The recipe says no name to register the model as."
        raise WrongInput("missing-name", message, "Give one: --as NAME, or tracking.register_as.")
    if problem := name_problem(name) or (alias and alias_problem(alias)):
        raise WrongInput("wrong-argument", f"{problem[0].upper()}{problem[1:]}.", "Name another.")
    allowed = _insist(record, asked)
    change = change_of(record, asked.config_dirs) if asked.write else ""
    if asked.dry:
        return _told(name, alias if allowed else "", change)
    uri = server_of(record.tracking, asked.uri)
    tracked = record.tracking or _logged(record, recipe, folder, uri)
    with asking(uri, partial(not_promoted, name, uri)) as client:
        version = _version(client, name, tracked, record)
        note = Promotion(uri=without_user(uri), name=name, version=version)
        said = [f"registered as {name}/{version}"]
        before = _aliased(client, name, alias) if alias and allowed else None
        if before is not None:
            note = note.model_copy(update={"alias": alias, "alias_before": before})
            was = f", was {before}" if before not in ("", version) else ""
            said.append(f"{name}@{alias} is version {version}{was}")
        elif alias:
            said.append(f"{name}@{alias} is left: no gate says that the model may have it")
        note = _with_recipe(_kept(note, folder), change)
        note.write(folder)  # before it is done, so that no kill hides what was
        if before not in (None, version):
            client.set_registered_model_alias(name, alias, version)
    if isinstance(change, Change):
        change.make(asked.config_dirs, record.recipe, record.digest)
    said.extend(_changed(change))
    return Promoted(name, version, note.alias, note.recipe, said)


def _read(named: Path, folder: Path) -> tuple[RunRecord, Recipe]:
    record = read_record(named)
    if record is None:
        raise no_record(named)
    try:
        return record, Recipe.model_validate(recipe_values(folder))
    except ValidationError as error:
        message = f"{folder / 'recipe.yaml'} is not what this version makes of a recipe."
        raise SourceError(message, "Run the point again.") from error


def _insist(record: RunRecord, asked: Asked) -> bool:
    """Insist that the model may be promoted, and say whether it may have an alias."""
    from runner.tracking.registry import may_have_alias

    if record.failure or not record.model:
        raise NotPromoted(f"{record.point} has not run to its end.", "Run it again.")
    if not record.verdict.stands:
        message = f"The verdict on {record.point} is {record.verdict}: it is not promoted."
        raise NotPromoted(message, "Its report says why.")
    if asked.alias and not may_have_alias(record):
        message = f"No gate says that {record.point} may be {asked.alias}."
        raise NotPromoted(message, "Give the recipe gates, or leave --alias out.")
    return may_have_alias(record)


def _logged(record: RunRecord, recipe: Recipe, folder: Path, uri: str) -> TrackingRecord:
    """Log a run that was not logged; it is registered after that, as any other."""
    from runner.tracking import attempts, runs

    unnamed = recipe.tracking.model_copy(update={"register_as": None})
    record.model = str((folder / _MODEL).absolute())
    recipe = recipe.model_copy(update={"tracking": unnamed})
    key = sha256(record.as_text().encode()).hexdigest()
    record.tracking = runs.log(record, recipe, recipe_values(folder), uri, key=key)
    record.write(folder)
    attempts.forget(folder, uri)
    return record.tracking


def _version(client: "MlflowClient", name: str, tracked: TrackingRecord, record: RunRecord) -> str:
    """Give the version of a run's model, which is registered where it is not yet."""
    from runner.tracking.registry import register, version_tags

    tags = version_tags(record)
    for there in client.search_model_versions(f"run_id = '{tracked.run_id}'"):
        if there.name == name:
            for key, value in tags.items():
                client.set_model_version_tag(name, there.version, key, value)
            return str(there.version)
    model = client.get_logged_model(tracked.model_id)
    return register(client, name, model, tracked.run_id, tags)


def _aliased(client: "MlflowClient", name: str, alias: str) -> str:
    """Give the version that an alias points at; empty where none has it."""
    return str(client.get_registered_model(name).aliases.get(alias) or "")


def _kept(note: Promotion, folder: Path) -> Promotion:
    """Keep of a promotion that stands what it says was before it."""
    known = read_promotion(folder)
    if known is None or (known.name, known.version) != (note.name, note.version):
        return note
    update = {"recipe": known.recipe, "before": known.before, "after": known.after}
    if note.alias and note.alias_before == note.version and known.alias == note.alias:
        update["alias_before"] = known.alias_before
    return note.model_copy(update=update)


def _with_recipe(note: Promotion, change: Change | str) -> Promotion:
    if isinstance(change, str):
        return note
    said = {"recipe": str(change.file), "before": change.before, "after": change.after}
    return note.model_copy(update=said)


def _changed(change: Change | str) -> list[str]:
    if isinstance(change, str):
        return [on_a_line(change)] if change else []
    values = ", ".join(f"{key}: {value}" for key, value in change.values.items())
    said = [f"{change.file} says {values}"]
    if lock_file_of(change.file).is_file():
        said.append(f"its lock is of what it said before: python -m runner lock {change.file}")
    return [on_a_line(line) for line in said]


def _told(name: str, alias: str, change: Change | str) -> Promoted:
    said = [f"would be registered as {name}"]
    if alias:
        said.append(f"{name}@{alias} would be that version")
    file = str(change.file) if isinstance(change, Change) else ""
    first, *rest = _changed(change) or [""]
    said += [line for line in (f"would change: {first}" if file else first, *rest) if line]
    return Promoted(name, alias=alias, recipe=file, done=said)
