"""A promotion taken back, as far as nobody has changed since what it set."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import WrongInput
from runner.kept.promotion import NOTE_FILE, Promotion, read_promotion
from runner.kept.servers import not_promoted, own_server
from runner.kept.writing_back import write
from runner.stores import asking

if TYPE_CHECKING:
    from mlflow import MlflowClient


def roll_back(named: Path, uri: str | None = None) -> list[str]:
    """Take a promotion back: the alias to the version that had it, the recipe to what it said.

    Args:
        named: Folder of the point, or its record.
        uri: Tracking URI; that of the promotion where absent.

    Returns:
        What was done, a sentence each. What others have changed since is left, and said so; the
        registered version stays.

    Raises:
        WrongInput: Nothing was promoted.
        TrackingError: The registry failed.
    """
    folder = named if named.is_dir() else named.parent
    note = read_promotion(folder)
    if note is None:
        message = f"{named} was not promoted: there is no {NOTE_FILE} beside its record."
        raise WrongInput("not-promoted", message, "Name the folder of the run that was.")
    said: list[str] = []
    if note.alias:
        server = own_server(note.uri, uri)
        with asking(server, partial(not_promoted, note.name, server)) as client:
            said.append(_alias_back(client, note))
    if note.recipe:
        said.append(_recipe_back(note))
    (folder / NOTE_FILE).unlink()
    return [*said, f"{note.name}/{note.version} stays registered"]


def _alias_back(client: "MlflowClient", note: Promotion) -> str:
    at, before = f"{note.name}@{note.alias}", note.alias_before
    now = str(client.get_registered_model(note.name).aliases.get(note.alias) or "")
    if now != note.version:
        return f"{at} is version {now or 'none'} by now, and is left"
    if before == note.version:
        return f"{at} was version {before} before too, and is left"
    if before:
        client.set_registered_model_alias(note.name, note.alias, before)
        return f"{at} is version {before} again"
    client.delete_registered_model_alias(note.name, note.alias)
    return f"{at} is gone again: no version had it before"


def _recipe_back(note: Promotion) -> str:
    file = Path(note.recipe)
    now = file.read_bytes().decode("utf-8", "replace") if file.is_file() else None
    if now != note.after:
        return f"{file} has changed since, and is left"
    write(file, note.before)
    return f"{file} says again what it said"
