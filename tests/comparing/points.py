"""Points that have run, of answers that are said here: records and tables, and no model."""

from pathlib import Path
from typing import Any

import yaml

from runner.records import RunRecord, ViewRecord
from tests.report.reported import labels, recipe_of, record_of

ROWS = 200


def answers(wrong: int, rows: int = ROWS, text: str = "text") -> list[tuple[Any, ...]]:
    """Give rows of two labels, of which the first ones are answered wrong."""
    said = []
    for number in range(rows):
        right, other = ("good", "bad") if number % 2 else ("bad", "good")
        best, least = (other, right) if number < wrong else (right, other)
        said.append((f"{text} {number}", right, labels(best, 0.75, least), {}))
    return said


def point(
    root: Path,
    name: str,
    wrong: int = 0,
    *,
    ms: float = 10.0,
    size: int = 1000,
    rows: int = ROWS,
    said: str = "the cat sat",
    gates: dict[str, str] | None = None,
    told: dict[str, Any] | None = None,
    **fields: Any,
) -> Path:
    """Leave the folder of a point that has run, and give it."""
    folder = root / "clf" / name
    folder.mkdir(parents=True)
    gates = {"accuracy": ">= 0.8"} if gates is None else gates
    view = ViewRecord(
        view="pyfunc", load_seconds=1, predict_seconds=ms / 500, outputs=[said, "alike"]
    )
    known = {"recipe": "clf", "point": name, "inputs": ["who?", "where?"], "views": [view]}
    recipe = recipe_of(gates=gates)
    record = record_of(
        recipe, answers(wrong, rows), folder, {**known, "model_bytes": size, **fields}
    )
    if record.evaluation:
        record.evaluation.measured["latency_p50_ms"] = ms
    record.write(folder)
    write_recipe(folder, {"gates": gates}, {"description": name, **(told or {})})
    return folder


def write_recipe(folder: Path, evaluation: dict[str, Any], told: dict[str, Any]) -> None:
    """Leave the composed recipe of a point."""
    dataset = {"rows": [{"text": "x", "label": "y"}], "target": "label"}
    values = {
        "task": "text-classification",
        "source": {"kind": "local", "path": "clf"},
        **told,
        "evaluation": {"dataset": dataset, "metrics": ["accuracy"], **evaluation},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(values))


def record_at(folder: Path) -> RunRecord:
    """Give the record of a point."""
    return RunRecord.model_validate_json((folder / "record.json").read_text())
