"""Reports on answers that are said here: no model, and all that an evaluation makes of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.datasets import Example
from runner.evaluated import TABLE_FILE, DataRecord, EvaluationRecord, RowRecord, Verdict
from runner.evaluation.gates import judge
from runner.evaluation.row_table import RowWriter
from runner.evaluation.scores import Measured, Measuring
from runner.recipe.language.models import Recipe
from runner.records import CheckRecord, Outcome, RunRecord, SourceRecord
from runner.report.report import write_report

Told = tuple[Any, Any, Any, Mapping[str, str]]
"""Input, target, answer and the values of the slices of a row."""


def recipe_of(task: str = "text-classification", **evaluation: Any) -> Recipe:
    """Give a recipe with an evaluation."""
    dataset = {"rows": [{"text": "x", "label": "y"}], "target": "label"}
    said = {"dataset": dataset, "metrics": ["accuracy"], **evaluation}
    source = {"kind": "local", "path": "clf"}
    return Recipe.model_validate({"task": task, "source": source, "evaluation": said})


def labels(best: str, sure: float, other: str) -> list[dict[str, Any]]:
    """Give an answer of two labels."""
    return [{"label": best, "score": sure}, {"label": other, "score": 1 - sure}]


def record_of(
    recipe: Recipe, rows: Sequence[Told], folder: Path, fields: Mapping[str, Any] | None = None
) -> RunRecord:
    """Give the record of an evaluation of these answers, with the table of all rows."""
    evaluation = recipe.evaluation
    form = recipe.form
    measuring = Measuring(evaluation.metrics, evaluation.slices, form)
    pairs = [
        (Example(number, f"r{number}", given, target, of, ("rows", number)), answer)
        for number, (given, target, answer, of) in enumerate(rows, 1)
    ]
    for example, answer in pairs:
        measuring.add(example, answer)
    measured = measuring.measured(evaluation.confidence, evaluation.seed)
    scores = list(measured.scores())
    worst = table_of(pairs, measured, folder / TABLE_FILE)
    found = EvaluationRecord(
        data=DataRecord(name="reviews.csv", sha256="0" * 64, rows=len(rows), inferred=len(rows)),
        scores=scores,
        measured={"latency_p95_ms": 12.5, "size_bytes": 90_868_376.0},
        latencies_ms=[10.0 + n % 17 for n in range(100)],
        gates=list(judge(evaluation, {score.name: score for score in scores}, {})),
        worst=worst,
        table=str(folder / TABLE_FILE),
    )
    check = CheckRecord(name="rows", view="pyfunc", outcome=Outcome.PASSED, message="as many")
    said = {
        "recipe": "text-classification/reviews",
        "task": recipe.task,
        "point": "default",
        "digest": "d" * 64,
        "checks": [check],
        "sources": {"model": SourceRecord(kind="local", name="clf", commit="c" * 40)},
        "versions": {"python": "3.11.2"},
        "verdict": Verdict.PASSED.with_gates(found),
        "evaluation": found,
        **(fields or {}),
    }
    return RunRecord(**said)


def table_of(pairs: Sequence[tuple[Example, Any]], found: Measured, file: Path) -> list[RowRecord]:
    """Write the table of answered rows, and give the worst ones."""
    with RowWriter(file, found.columns) as writer:
        for example, answer in pairs:
            writer.add(example, answer)
        return writer.finish(found)


def report_of(
    recipe: Recipe, rows: Sequence[Told], folder: Path, fields: Mapping[str, Any] | None = None
) -> tuple[str, str]:
    """Give the report on these answers, as HTML and as Markdown."""
    files = write_report(record_of(recipe, rows, folder, fields), recipe, folder)
    html, markdown = (Path(file).read_text(encoding="utf-8") for file in files)
    return html, markdown
