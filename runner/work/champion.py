"""The models that gates compare with: where the tables of their rows are."""

from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import SourceError
from runner.evaluated import TABLE_FILE
from runner.evaluation.champion import Champion
from runner.recipe.composing.composed import Composed
from runner.recipe.language.gates import CHAMPION
from runner.records import RECORD_FILE, read_record
from runner.work.journal import KEPT
from runner.work.keys import SAVE
from runner.work.other_points import point_named

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow import MlflowClient
    from mlflow.entities import Run

_RUN, _MODEL = "runs:/", "models:/"
_NOT_YET = "RESOURCE_DOES_NOT_EXIST"
_REMEDY = "Evaluate it with a recipe that has a dataset: its run then has the table of all rows."


def others_of(composed: Composed, model: Path, folder: Path, workdir: Path) -> dict[str, Champion]:
    """Find the models that the gates of a recipe compare with.

    Args:
        composed: The composed recipe.
        model: Folder of the model that is compared.
        folder: Folder of the point, with other points of the recipe beside it.
        workdir: Where the champion's table is fetched to.

    Returns:
        Each by the word that gates have for it; it lacks a champion that there is not yet, and
        the model that is compared itself.

    Raises:
        SourceError: One cannot be had, or has no table of rows.
    """
    points = {
        word: point
        for word in composed.recipe.evaluation.points
        if (point := point_named(word, composed, folder))
    }
    champion = champion_of(composed, model, folder, workdir)
    return points | ({CHAMPION: champion} if champion else {})


def champion_of(composed: Composed, model: Path, folder: Path, workdir: Path) -> Champion | None:
    """Find the champion of a recipe, where a gate is held to it.

    Args:
        composed: The composed recipe; its ``tracking.uri`` is the server that is asked.
        model: Folder of the model that is compared.
        folder: Folder of the point.
        workdir: Where its table is fetched to.

    Returns:
        The champion; None where no gate is held to it, no version has the alias yet, or it is this
        very model, which an earlier run of the point logged.

    Raises:
        SourceError: It cannot be had, or has no table of rows.
    """
    name = _asked_for(composed)
    if name is None:
        return None
    if not name.startswith((_RUN, _MODEL)):
        return Champion(name, _beside_record(composed, name))
    run = _had(name, composed.settings.tracking.uri)
    if run is None or _runs_of(model, folder)(run):
        return None
    return Champion(name, _fetched(name, run, composed.settings.tracking.uri, workdir))


def insist_on_champion(composed: Composed) -> None:
    """Look for the champion of a recipe before anything is made that would be held to it.

    Args:
        composed: The composed recipe.

    Raises:
        SourceError: It cannot be had, or a folder has no table of rows.
    """
    name = _asked_for(composed)
    if name is None:
        return
    if name.startswith((_RUN, _MODEL)):
        _had(name, composed.settings.tracking.uri)
    else:
        _beside_record(composed, name)


def _asked_for(composed: Composed) -> str | None:
    """Give the name of the champion, where a gate is held to it."""
    return composed.recipe.champion if CHAMPION in composed.recipe.evaluation.others else None


def _beside_record(composed: Composed, name: str) -> Path:
    folder = composed.origin(("evaluation", "champion")).folder
    path = (folder / Path(name).expanduser()).absolute()
    table = (path if path.is_dir() else path.parent) / TABLE_FILE
    if not table.is_file():
        raise SourceError(f"{name}, the champion, has no {TABLE_FILE} in {table.parent}", _REMEDY)
    return table


def _runs_of(model: Path, folder: Path) -> "Callable[[Run], bool]":
    """Say of runs whether a model was logged in them as it is, by an earlier run of its point."""
    from runner.tracking.attempts import was_tried

    record = read_record(folder / RECORD_FILE)
    saved = record and next((step for step in record.steps if step.name == SAVE), None)
    if not record or not saved or (saved.detail, record.model) != (KEPT, str(model)):
        return lambda _: False
    known = record.tracking.run_id if record.tracking else ""
    return lambda run: run.info.run_id == known or was_tried(folder, run)


def _had(name: str, uri: str | None) -> "Run | None":
    """Give the run that a model of MLflow is of; None where no version has the alias yet."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        return _run_of(name, MlflowClient(tracking_uri=uri, registry_uri=uri))
    except (MlflowException, OSError) as error:
        if "@" in name and getattr(error, "error_code", "") == _NOT_YET:
            return None  # nothing is registered under the name
        text = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise SourceError(
            f"{name}, the champion, cannot be had: {text}",
            "Check `evaluation.champion`, and the server in tracking.uri.",
        ) from error


def _fetched(name: str, run: "Run", uri: str | None, workdir: Path) -> Path:
    """Fetch the table of a run."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client, number = MlflowClient(tracking_uri=uri, registry_uri=uri), run.info.run_id
    try:
        return Path(client.download_artifacts(number, TABLE_FILE, str(workdir)))
    except (MlflowException, OSError) as error:
        raise SourceError(
            f"{name}, the champion, has no {TABLE_FILE} in run {number}", _REMEDY
        ) from error


def _run_of(name: str, client: "MlflowClient") -> "Run | None":
    """Give the run that a model is of; None where no version has the alias yet."""
    if name.startswith(_RUN):
        return client.get_run(name.removeprefix(_RUN).partition("/")[0])
    model, at, alias = name.removeprefix(_MODEL).partition("@")
    if at:
        version = client.get_registered_model(model).aliases.get(alias)
    else:
        model, _, version = model.partition("/")
    run = client.get_model_version(model, version).run_id if version else None
    return client.get_run(run) if run else None
