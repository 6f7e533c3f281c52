"""A model on the dataset of its recipe: where the rows are, and where answers to them are kept."""

import json
from pathlib import Path
from typing import Any

from runner.evaluated import EvaluationRecord
from runner.evaluation.assess import assess
from runner.evaluation.counting import count
from runner.evaluation.own_metrics import insist_on_leave, sources_of, with_own_metrics
from runner.files.temporary import temporary_folder
from runner.recipe.composing.composed import Composed
from runner.recipe.labelled import fetched_of, labelled_of
from runner.records import RECORD_FILE, read_record
from runner.sources.base import Progress, no_progress
from runner.store.place import STORE, store_of
from runner.work.champion import others_of
from runner.work.planned import PlannedData

_EXTRACTOR = "components/feature_extractor/preprocessor_config.json"
_KEPT = "predictions.sqlite"


def evaluate_on_data(
    composed: Composed,
    rows: int,
    model: Path,
    folder: Path,
    progress: Progress = no_progress,
    *,
    into: Path | None = None,
) -> EvaluationRecord | None:
    """Evaluate a model on the dataset of a recipe.

    Args:
        composed: The composed recipe.
        rows: How many rows there are, as ``check_rows`` has counted them.
        model: The model folder.
        folder: Folder of the point: answers are kept in the one around all points.
        progress: Told how many rows are done.
        into: Folder that gets the table of all rows; that of the point where absent.

    Returns:
        What was found; None where the recipe has no dataset.

    Raises:
        DataError: A row cannot be read, given to the model, answered or measured.
        SourceError: The champion, or the point, that a gate names cannot be had.
        WrongInput: It measures by code of its repository, and there is no leave to run it.
    """
    data = labelled_of(composed)
    if data is None:
        return None
    into = into or folder
    into.mkdir(parents=True, exist_ok=True)
    recipe = with_own_metrics(composed)
    with temporary_folder("champion") as fetched:
        found = assess(
            recipe,
            data,
            rows,
            model,
            into,
            (store_of(composed.name, folder) or folder / STORE) / _KEPT,
            others=others_of(composed, model, folder, Path(fetched)),
            device=composed.settings.device,
            rate=sampling_rate(model),
            progress=progress,
        )
    return found.model_copy(update={"code": sources_of(composed)})


def check_rows(composed: Composed) -> int:
    """Read every row of a recipe's dataset, if it has one, so that nothing starts on broken ones.

    Args:
        composed: The composed recipe.

    Returns:
        How many there are.

    Raises:
        DataError: A row cannot be read.
        WrongInput: It measures by code of its repository, and there is no leave to run it.
    """
    insist_on_leave(composed)
    data = fetched_of(composed)
    return count(composed.recipe, data) if data else 0


def plan_data(composed: Composed, folder: Path) -> PlannedData | None:
    """Say what a model would be measured on; nothing is asked of any.

    Args:
        composed: The composed recipe.
        folder: Folder of the point, where an earlier run left its record.

    Raises:
        DataError: A row cannot be read.
    """
    data = fetched_of(composed)
    if data is None:
        return None
    rows = count(composed.recipe, data)
    earlier = read_record(folder / RECORD_FILE)
    measured = earlier.evaluation.measured if earlier and earlier.evaluation else {}
    speed = measured.get("rows_per_second")
    return PlannedData(
        name=data.block.name,
        rows=rows,
        bytes=sum(file.stat().st_size for file in data.files.values()),
        seconds=rows / speed if speed else None,
    )


def sampling_rate(model: Path) -> int:
    """Give the samples a second that a model of recordings expects, in Hz; 0 for any other.

    Args:
        model: The model folder.
    """
    file = model / _EXTRACTOR
    if not file.is_file():
        return 0
    described: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return int(described.get("sampling_rate") or 0)
