"""What is measured beside the metrics: latency, speed, memory, size."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch

from runner.evaluated import ScoreRecord
from runner.evaluation.predictions import Predictions
from runner.records import peak_memory
from runner.statistics.intervals import quantile

QUANTILES: Mapping[str, tuple[str, float]] = {
    "latency_p50_ms": ("request", 0.5),
    "latency_p95_ms": ("request", 0.95),
    "latency_p99_ms": ("request", 0.99),
    "batch_p50_ms": ("batch", 0.5),
    "batch_p95_ms": ("batch", 0.95),
    "batch_p99_ms": ("batch", 0.99),
    "first_text_p50_ms": ("first text", 0.5),
}
"""What is a quantile of times, by its name: the times that it is of, and which part is below it."""
_TOKENS = {
    "prompt_tokens_per_second": "prompt tokens",
    "generated_tokens_per_second": "generated tokens",
}
_DIGITS = 4


def beside(
    predictions: Predictions, key: bytes, confidence: float, model: Path
) -> Mapping[str, ScoreRecord]:
    """Give what was measured of a model when it was asked; only quantiles have an interval.

    Args:
        predictions: Where it is kept.
        key: The key of the model.
        confidence: Confidence of the intervals.
        model: The model folder.
    """
    found = {score.name: score for score in _quantiles(predictions, key, confidence)}
    rows, seconds = _sums(predictions.timed(key, "batch"))
    for name, value in _counted(predictions, key, rows, seconds, model):
        better, value = "higher" if name.endswith("per_second") else "lower", round(value, _DIGITS)
        found[name] = ScoreRecord(
            name=name, value=value, low=value, high=value, rows=rows, better=better
        )
    return found


def _quantiles(predictions: Predictions, key: bytes, confidence: float) -> Iterator[ScoreRecord]:
    for name, (what, part) in QUANTILES.items():
        times = np.array([seconds for _, seconds in predictions.timed(key, what)]) * 1000
        if not len(times):
            continue
        interval = quantile(times, part, confidence)
        yield ScoreRecord(
            name=name,
            value=round(float(np.quantile(times, part)), 3),
            low=_finite(interval.low),
            high=_finite(interval.high),
            rows=len(times),
            better="lower",
        )


def _counted(
    predictions: Predictions, key: bytes, rows: int, seconds: float, model: Path
) -> Iterator[tuple[str, float]]:
    """Give what was measured; of a run that was killed once it had answers, something may lack."""
    if seconds:
        yield "rows_per_second", rows / seconds
        for name, what in _TOKENS.items():
            of_rows, tokens = _sums(predictions.timed(key, what))
            if of_rows == rows:
                yield name, tokens / seconds
    if loads := predictions.timed(key, "load"):
        yield "load_seconds", loads[-1][1]
    if of_process := predictions.timed(key, "memory"):
        yield "peak_memory_bytes", max(value for _, value in of_process)
    if on_gpu := predictions.timed(key, "gpu memory"):
        yield "peak_gpu_memory_bytes", max(value for _, value in on_gpu)
    sizes = (file.stat().st_size for file in model.rglob("*") if file.is_file())
    yield "size_bytes", float(sum(sizes))


def _sums(timed: list[tuple[int, float]]) -> tuple[int, float]:
    return sum(rows for rows, _ in timed), sum(value for _, value in timed)


def _finite(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None


def memory_taken() -> Mapping[str, float]:
    """Give how much memory this process has taken at most, in bytes, and that of GPUs where any."""
    taken = {"memory": float(peak_memory())}
    if torch.cuda.is_available():
        gpus = range(torch.cuda.device_count())
        taken["gpu memory"] = float(sum(torch.cuda.max_memory_allocated(n) for n in gpus))
    return taken
