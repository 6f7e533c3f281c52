"""Predict: the rows of a file through a packaged model, into a file that has an answer each."""

import hashlib
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from runner import engines
from runner.datasets.errors import DataError
from runner.evaluation.predictions import batches
from runner.files.temporary import temporary_folder
from runner.prediction.data import Data
from runner.prediction.errors import PredictError
from runner.prediction.how import HowToPredict
from runner.prediction.inputs import inputs_of, with_files
from runner.prediction.kept import Kept, forget, keeping
from runner.prediction.model import RowWork, described, drawn_from, flat_outputs, task_of
from runner.prediction.table import Table, insist_on_another_place, insist_on_format
from runner.sources.base import Progress, no_progress
from runner.sources.mlflow.location import fetch_model, location_of


@dataclass(frozen=True)
class Predicted:
    """What was done.

    Args:
        out: The table.
        rows: Its rows.
        errors: How many of them have an error in place of an answer.
        asked: How many the model was asked for; an earlier try had asked for the others.
        seconds: Wall time of asking.
    """

    out: Path
    rows: int
    errors: int
    asked: int
    seconds: float


def predict(
    model: str,
    path: Path,
    out: Path,
    how: HowToPredict | None = None,
    progress: Progress = no_progress,
) -> Predicted:
    """Ask a model for every row of a file.

    Args:
        model: ``models:/name/version``, ``runs:/run/name``, an artifact URI or a model folder, of
            any MLflow model with a ``python_function`` flavor.
        path: CSV, TSV, JSONL, JSON or Parquet, or a folder of images or recordings.
        out: The table: CSV, TSV, JSONL or Parquet by its suffix. It appears in one move; until
            then answers are kept beside it, and the same call goes on where a killed one was.
        how: How the model is asked.
        progress: Told how many rows are done.

    Raises:
        PredictError: The data lack a column that the model needs, or the table cannot be.
        SourceError: The model cannot be had, or does not load.
        DataError: The data cannot be read.
        EngineFailed: The engine is not installed, or gave up.
    """
    how, data = how or HowToPredict(), Data(path)
    insist_on_format(out)
    engines.insist_on(how.engine)
    partial = out.with_name(f"{out.name}.partial")
    insist_on_another_place(out, path)
    if out.exists() and not how.again:
        forget(partial)
        hint = "Name another file, or replace it with --again."
        raise PredictError("output-exists", f"{out} is there already.", hint)
    with temporary_folder("predict") as workdir:
        uri = how.tracking_uri
        folder = fetch_model(location_of(model, uri), Path(workdir), uri)
        said = described(folder)
        inputs = inputs_of(said.get_input_schema(), how.inputs, data.columns)
        inputs = with_files(inputs, task_of(said), path)
        table = Table.of(out, data, flat_outputs(said.get_output_schema()))
        identity = data.identity
        what = {
            "model": hashlib.sha256((folder / "MLmodel").read_bytes()).hexdigest(),
            "data": [identity, data.count],
            "inputs": {one.name: one.column for one in inputs},
            "asked": [dict(how.params), how.batch, how.seed],
        }
        with keeping(partial, what, how.batch, again=how.again) as kept:
            start, before = time.perf_counter(), kept.rows
            if before < data.count:
                work = RowWork(folder, how.device, inputs, how.params, data.folder.absolute())
                _ask(work, data, kept, how, progress)
            seconds = time.perf_counter() - start
            if data.identity != identity:
                message = f"{path} was changed while the model was asked."
                raise DataError(message, "Begin anew with --again, once it stays as it is.")
            errors = table.write(kept)
            partial.unlink()
    return Predicted(out, data.count, errors, data.count - before, seconds)


def _ask(work: RowWork, data: Data, kept: Kept, how: HowToPredict, progress: Progress) -> None:
    firsts = count(kept.rows, how.batch)
    left = batches(islice(data.rows(), kept.rows, None), how.batch)
    tasks = ((rows, drawn_from(how.seed, first)) for rows, first in zip(left, firsts, strict=False))
    with closing(engines.run(how.engine, work, tasks)) as given:
        for answers in given:
            kept.add(answers)
            progress("rows", kept.rows, data.count)
