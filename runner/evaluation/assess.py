"""The evaluation on data: every row through the model, metrics with intervals, and the gates."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from runner.datasets import DataError, Labelled
from runner.evaluated import DataRecord, EvaluationRecord, ScoreRecord
from runner.evaluation.answering import how_to_ask
from runner.evaluation.asking import BATCH, Asking
from runner.evaluation.champion import Champion, compare_with
from runner.evaluation.gates import judge
from runner.evaluation.identity import model_key
from runner.evaluation.known_labels import KnownLabels
from runner.evaluation.predictions import Predictions, open_predictions
from runner.evaluation.row_table import TABLE_FILE, write_rows
from runner.evaluation.scores import Measured, Measuring
from runner.ffmpeg import ffmpeg_on_path
from runner.recipe.language.models import Recipe
from runner.statistics.intervals import quantile

Progress = Callable[[str, int, int], None]

_QUANTILES = {"latency_p50_ms": 0.5, "latency_p95_ms": 0.95, "latency_p99_ms": 0.99}
_REQUESTS = {"latency_p50_ms": 50, "latency_p95_ms": 100, "latency_p99_ms": 400}
"""Single requests that are timed where a gate asks for a quantile: enough for its interval."""
_USUAL_REQUESTS = 20


def assess(
    recipe: Recipe,
    data: Labelled,
    model: Path,
    folder: Path,
    kept: Path,
    *,
    champion: Champion | None = None,
    device: str = "auto",
    rate: int = 0,
    progress: Progress = lambda what, done, total: None,
) -> EvaluationRecord:
    """Evaluate a model on the dataset of a recipe.

    Args:
        recipe: The recipe.
        data: Its rows.
        model: The model folder.
        folder: Existing folder for the table of all rows.
        kept: The file of kept predictions.
        champion: The model that gates call the champion; None where there is none yet.
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
    with ffmpeg_on_path(), open_predictions(kept) as predictions:
        rows = count(data)
        asked = how_to_ask(model, recipe)
        said = {**asked.config, "view": asked.view, "device": device, "batch": BATCH}
        key = model_key(model, {**said, "seed": recipe.evaluation.seed}, predictions)
        asking = Asking(recipe, data, model, device, asked, key, predictions, rate)
        asking.all(rows, progress)
        latencies = asking.latencies(min(rows, _requests(recipe)))
        found = _measure(recipe, asking)
        confidence = recipe.evaluation.confidence
        measured = _beside(predictions, key, np.array(latencies), confidence, model)
        scores = list(found.scores())
        compared = compare_with(champion, recipe, found, asking.pairs()) if champion else None
        worst = write_rows(asking.pairs(), found, folder / TABLE_FILE)
    gates = judge(recipe.evaluation, {s.name: s for s in scores}, measured, compared)
    return EvaluationRecord(
        data=DataRecord(
            name=data.block.path or "", sha256=data.sha256(), rows=rows, inferred=asking.inferred
        ),
        scores=scores,
        measured={name: s.value for name, s in measured.items() if s.value is not None},
        latencies_ms=[round(seconds * 1000, 3) for seconds in latencies],
        gates=list(gates),
        worst=worst,
        table=str(folder / TABLE_FILE),
        seconds=round(time.perf_counter() - start, 4),
    )


def count(data: Labelled) -> int:
    """Read every row once, so that what is wrong with one is said before any is inferred.

    Args:
        data: The rows.

    Raises:
        DataError: One cannot be read, has the id of another, or there is none.
    """
    ids: set[str] = set()
    rows = 0
    for example in data.examples():
        rows += 1
        if data.block.id is not None:
            if example.id in ids:
                message = f"{data.name}, row {example.number}: {example.id} is the id of another."
                raise DataError(message, "Name a column as `id` that tells rows apart.")
            ids.add(example.id)
    if not rows:
        raise DataError(f"{data.name} has no rows to evaluate.", "Check it, and `where`.")
    return rows


def _requests(recipe: Recipe) -> int:
    return max([_USUAL_REQUESTS, *(_REQUESTS.get(name, 0) for name in recipe.evaluation.gates)])


def _measure(recipe: Recipe, asking: Asking) -> Measured:
    evaluation = recipe.evaluation
    form = recipe.contract.form
    measuring = Measuring(evaluation.metrics, evaluation.slices, asking.data.name, form)
    known = KnownLabels(asking.data.name)
    for example, answer in asking.pairs():
        measuring.add(example, answer)
        if recipe.contract.every_label:
            known.add(example.target, answer)
    known.insist()
    return measuring.measured(evaluation.confidence, evaluation.seed)


def _beside(
    predictions: Predictions,
    key: bytes,
    latencies: np.ndarray[tuple[int], np.dtype[np.float64]],
    confidence: float,
    model: Path,
) -> Mapping[str, ScoreRecord]:
    """Give what was measured beside the metrics; only quantiles have an interval."""
    found: dict[str, ScoreRecord] = {}
    for name, part in _QUANTILES.items():
        interval = quantile(latencies * 1000, part, confidence)
        found[name] = ScoreRecord(
            name=name,
            value=round(float(np.quantile(latencies, part)) * 1000, 3),
            low=_finite(interval.low),
            high=_finite(interval.high),
            rows=len(latencies),
            better="lower",
        )
    batches = predictions.timed(key, "batch")
    rows, seconds = (sum(column) for column in zip(*batches, strict=True))
    loads, memory = predictions.timed(key, "load"), predictions.timed(key, "memory")
    sizes = (file.stat().st_size for file in model.rglob("*") if file.is_file())
    counted = {
        "rows_per_second": rows / seconds,
        "load_seconds": loads[-1][1],
        "peak_memory_bytes": max(value for _, value in memory),
        "size_bytes": float(sum(sizes)),
    }
    for name, value in counted.items():
        better = "higher" if name == "rows_per_second" else "lower"
        rounded = round(value, 4)
        found[name] = ScoreRecord(
            name=name, value=rounded, low=rounded, high=rounded, rows=int(rows), better=better
        )
    return found


def _finite(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None
