"""A comparison as plain values: one JSON document, or a CSV file with a line a run."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from runner.comparing.against import Against
from runner.comparing.comparison import Comparison
from runner.comparing.decision import held_back
from runner.comparing.runs import Run
from runner.comparing.words import Piece
from runner.text.visible import unhidden

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula where a cell begins with it."""
_OF_RUN = ("size_bytes", "memory_bytes", "latency_ms", "seconds")


def as_document(compared: Comparison) -> dict[str, Any]:
    """Give a comparison as plain values.

    Args:
        compared: The comparison.
    """
    decision = compared.decision
    chosen = decision.run
    return {
        "says": decision.sentence,
        "choice": decision.choice.value,
        "ship": {"run": chosen.name, "path": chosen.place, "command": decision.command}
        if chosen
        else None,
        "baseline": compared.baseline.name if compared.baseline else None,
        "varied": list(compared.varied),
        "front": {"of": [aim.name for aim in compared.aims], "runs": sorted(compared.front)},
        "runs": [_run(compared, run) for run in compared.runs],
        "answers": [
            {
                "input": asked.given,
                "target": asked.target,
                "answers": {
                    run.name: _unmarked(answer)
                    for run, answer in zip(compared.answering, asked.answers, strict=True)
                    if answer is not None
                },
            }
            for asked in compared.asked
        ],
    }


def as_csv(compared: Comparison) -> str:
    """Give a comparison as CSV: a line a run, numbers as they are.

    Args:
        compared: The comparison.
    """
    told = io.StringIO()
    writer = csv.writer(told, lineterminator="\n")
    rows = [_flat(compared, run) for run in compared.runs]
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer.writerow([_safe(name) for name in names])
    writer.writerows([_safe(row.get(name)) for name in names] for row in rows)
    return told.getvalue()


def _run(compared: Comparison, run: Run) -> dict[str, Any]:
    record = run.record
    held = compared.against.get(run.name)
    return {
        "run": run.name,
        "path": run.place,
        "recipe": record.recipe,
        "point": record.point,
        "verdict": run.status,
        "values": {name: run.told.get(name) for name in compared.varied},
        "metrics": {
            name: {"value": s.value, "low": s.low, "high": s.high, "rows": s.rows}
            for name, s in run.scores.items()
        },
        **_measured(run),
        "front": run.name in compared.front,
        "held_back": held_back(run),
        "failure": record.failure.model_dump() if record.failure else None,
        "against_baseline": _against(held) if held else None,
    }


def _measured(run: Run) -> dict[str, float | None]:
    values = (run.record.model_bytes, run.memory_bytes, run.latency_ms, round(run.seconds, 4))
    return dict(zip(_OF_RUN, values, strict=True))


def _against(held: Against) -> dict[str, Any]:
    answers = held.answers
    return {
        "metrics": {
            one.metric: {
                "rows": one.rows,
                "value": one.value,
                "baseline": one.baseline,
                "difference": one.effect,
                "low": one.low,
                "high": one.high,
                "p": one.p,
                "says": one.verdict,
            }
            for one in held.metrics
        },
        "answers": answers.compared,
        "equal_answers": answers.equal / answers.compared if answers.compared else None,
        "largest_difference": answers.largest,
    }


def _flat(compared: Comparison, run: Run) -> dict[str, Any]:
    told = _run(compared, run)
    flat = {key: told[key] for key in ("run", "path", "recipe", "point", "verdict")}
    flat |= told["values"] | {name: told[name] for name in (*_OF_RUN, "front")}
    for metric, found in told["metrics"].items():
        flat |= _named(metric, {key: found[key] for key in ("value", "low", "high", "rows")})
    held = told["against_baseline"] or {"metrics": {}}
    flat |= {key: held.get(key) for key in ("equal_answers", "largest_difference")}
    for metric, found in held["metrics"].items():
        flat |= _named(metric, {f"vs_baseline.{key}": found[key] for key in _OF_DIFFERENCE})
    return flat


_OF_DIFFERENCE = ("difference", "low", "high", "p", "says")


def _named(metric: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{metric}.{key}" if key != "value" else metric: value for key, value in found.items()}


def _safe(value: Any) -> Any:
    """Give a cell that no spreadsheet takes for a formula."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    shown = unhidden(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _unmarked(answer: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in answer if piece.kind != "gone")
