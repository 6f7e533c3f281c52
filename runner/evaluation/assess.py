"""The evaluation on data: every row through the model, metrics with intervals, and the gates."""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from runner.datasets import Example, Labelled
from runner.evaluated import TABLE_FILE, DataRecord, EvaluationRecord
from runner.evaluation.answering import how_to_ask
from runner.evaluation.asking import Asking
from runner.evaluation.beside import beside
from runner.evaluation.champion import Champion, compare_all
from runner.evaluation.gates import judge
from runner.evaluation.identity import model_key
from runner.evaluation.known_labels import KnownLabels
from runner.evaluation.predictions import BATCH, WINDOW, open_predictions
from runner.evaluation.row_table import RowWriter
from runner.evaluation.scores import Measured, Measuring
from runner.evaluation.windows import PIECES
from runner.machine.ffmpeg import ffmpeg_on_path
from runner.recipe.language.models import Recipe

Progress = Callable[[str, int, int], None]

_REQUESTS = {"latency_p50_ms": 50, "latency_p95_ms": 100, "latency_p99_ms": 400}
"""Single requests that are timed where a gate asks for a quantile: enough for its interval."""
_NONE: Mapping[str, Champion] = {}
_USUAL_REQUESTS, _SHARE_OF_REQUESTS = 20, 0.02
"""Requests that are timed where no gate asks, and the part of all answers' time that is enough."""
_FIRST_TEXTS = 10
"""Answers whose first piece is waited for, of models that stream."""


def assess(
    recipe: Recipe,
    data: Labelled,
    rows: int,
    model: Path,
    folder: Path,
    kept: Path,
    *,
    others: Mapping[str, Champion] = _NONE,
    device: str = "auto",
    rate: int = 0,
    progress: Progress = lambda what, done, total: None,
) -> EvaluationRecord:
    """Evaluate a model on the dataset of a recipe.

    Args:
        recipe: The recipe.
        data: Its rows.
        rows: How many there are.
        model: The model folder.
        folder: Existing folder for the table of all rows.
        kept: The file of kept predictions.
        others: The models that gates compare with, by the word that gates have for them.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
        rate: Samples a second that a model of recordings expects, in Hz; 0 for any other.
        progress: Told how many rows are done.

    Returns:
        What was found; its ``verdict`` is that of the gates.

    Raises:
        DataError: A row cannot be read, given to the model, answered or measured.
        StorageError: The disk would not take it.
    """
    start = time.perf_counter()
    table = folder / TABLE_FILE
    with ffmpeg_on_path(), open_predictions(kept) as predictions, ExitStack() as stack:
        asked = how_to_ask(model, recipe)
        batches = [BATCH, WINDOW, PIECES.pattern]  # by them a row has its neighbours
        said = {**asked.config, "view": asked.view, "device": device, "batch": batches}
        if asked.view != "pyfunc":  # what ships in a model has it in its own configuration
            said["truncation"] = recipe.evaluation.truncation
        key = model_key(model, {**said, "seed": recipe.evaluation.seed}, predictions)
        asking = Asking(recipe, data, model, device, asked, key, predictions, rate, stack)
        writer = stack.enter_context(RowWriter(table, recipe.evaluation.slices))
        found, notes = _measure(recipe, data, asking.answered(rows, progress), writer)
        latencies = asking.latencies(*_requests(recipe))
        asking.first_texts(min(rows, _FIRST_TEXTS))
        asking.remember()
        measured = beside(predictions, key, recipe.evaluation.confidence, model)
        worst = writer.finish(found)
    scores = list(found.scores())
    compared = compare_all(others, recipe, found, table)
    gates = judge(recipe.evaluation, {s.name: s for s in scores}, measured, compared)
    return EvaluationRecord(
        data=DataRecord(
            name=data.block.name,
            sha256=data.sha256(),
            rows=rows,
            inferred=asking.inferred,
            repeat=recipe.evaluation.repeat,
        ),
        scores=scores,
        measured={name: s.value for name, s in measured.items() if s.value is not None},
        latencies_ms=[round(seconds * 1000, 3) for seconds in latencies],
        gates=list(gates),
        worst=worst,
        table=str(table),
        seconds=round(time.perf_counter() - start, 4),
        notes=notes,
    )


def _requests(recipe: Recipe) -> tuple[int, float]:
    """Give how many requests are timed, and which part of the answers' time is enough for them."""
    gated = [_REQUESTS[name] for name in recipe.evaluation.gates if name in _REQUESTS]
    return (max(gated), math.inf) if gated else (_USUAL_REQUESTS, _SHARE_OF_REQUESTS)


def _measure(
    recipe: Recipe,
    data: Labelled,
    answered: Iterable[tuple[Example, Any]],
    writer: RowWriter,
) -> tuple[Measured, list[str]]:
    evaluation, way = recipe.evaluation, recipe.way
    measuring = Measuring(
        evaluation.metrics,
        evaluation.slices,
        recipe.form,
        repeated=evaluation.repeat > 1,
    )
    known = KnownLabels(data.name)
    every_label = recipe.contract.every_label and way is not None and way.asks == "answers"
    for example, answer in answered:
        measuring.add(example, answer)
        writer.add(example, answer)
        if every_label:
            known.add(example.target, answer)
    notes = known.insist()
    return measuring.measured(evaluation.confidence, evaluation.seed), notes
