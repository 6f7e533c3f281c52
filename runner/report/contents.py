"""What a report says, made ready for whichever form it is written in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runner.evaluated import EvaluationRecord, GateVerdict, ScoreRecord, Verdict
from runner.recipe.language.models import Recipe
from runner.records import Outcome, RunRecord
from runner.report.classes import Classes, Classing
from runner.report.figures import Bar, bars
from runner.report.provenance import provenance
from runner.report.rows import Rows, choose
from runner.report.slices import SliceTable, is_of_slice, sliced
from runner.text.wording import counted

_MOST_PARTS = 60
_OF_CLASSES = ("labels", "answers")


@dataclass(frozen=True)
class Contents:
    """What a report says.

    Args:
        record: The record of the run.
        reason: Why the verdict is what it is, in a sentence.
        confidence: Confidence of the intervals.
        scores: The metrics as a whole.
        parts: What metrics are made of, such as a value for each type of entity.
        slices: The metrics by the values of columns.
        classes: Right and wrong by class; None where answers are no labels.
        latency: How many rows took how long.
        rows: The rows, the wrong ones first; None where none were evaluated.
        provenance: What it is made of, by what it is called.
    """

    record: RunRecord
    reason: str
    confidence: float
    scores: tuple[ScoreRecord, ...]
    parts: tuple[ScoreRecord, ...]
    slices: tuple[SliceTable, ...]
    classes: Classes | None
    latency: tuple[Bar, ...]
    rows: Rows | None
    provenance: tuple[tuple[str, str], ...]


def gather(record: RunRecord, recipe: Recipe) -> Contents:
    """Gather what a report says.

    Args:
        record: What the run did.
        recipe: The recipe.
    """
    found = record.evaluation
    scores = found.scores if found else []
    shown = {gate.name for gate in found.gates} if found else set[str]()
    parts = [s for s in scores if "." in s.name and not is_of_slice(s)]
    parts.sort(key=lambda score: score.name not in shown)  # what a gate asks for is not left out
    return Contents(
        record=record,
        reason=_reason(record),
        confidence=recipe.evaluation.confidence,
        scores=tuple(s for s in scores if "." not in s.name),
        parts=tuple(parts[:_MOST_PARTS]),
        slices=tuple(sliced(scores, recipe.evaluation.slices)),
        classes=_classes(found, recipe) if found else None,
        latency=bars(found.latencies_ms) if found else (),
        rows=choose(Path(found.table), recipe) if found else None,
        provenance=tuple(provenance(record, recipe)),
    )


def _classes(found: EvaluationRecord, recipe: Recipe) -> Classes | None:
    classing = Classing(recipe.evaluation.confidence, recipe.evaluation.seed)
    by_class = recipe.way is not None and (recipe.way.form, recipe.way.asks) == _OF_CLASSES
    return classing.of(Path(found.table)) if by_class else None


def _reason(record: RunRecord) -> str:
    match record.verdict:
        case Verdict.UNPROVEN:
            return "Nothing was asked of the model."
        case Verdict.PASSED:
            return f"{_joined(_passed(record))} passed."
        case Verdict.UNDECIDED:
            gates = record.evaluation.gates if record.evaluation else []
            open_ones = [g.name for g in gates if g.verdict is GateVerdict.UNDECIDED]
            return f"There are too few rows to say whether it meets {_joined(open_ones)}."
        case Verdict.FAILED:
            return f"{_joined(list(_failed(record)))} did not pass."


def _passed(record: RunRecord) -> list[str]:
    gates = len(record.evaluation.gates) if record.evaluation else 0
    checks = len([check for check in record.checks if check.outcome is Outcome.PASSED])
    said = [counted(n, what) for n, what in ((gates, "gate"), (checks, "check")) if n]
    return said or ["What was asked"]


def _failed(record: RunRecord) -> Iterator[str]:
    gates = record.evaluation.gates if record.evaluation else []
    yield from (gate.name for gate in gates if gate.verdict is GateVerdict.FAILED)
    named = {gate.name for gate in gates}
    for score in record.evaluation.scores if record.evaluation else ():
        if score.value is None and "." not in score.name and score.name not in named:
            yield f"{score.name} (not defined on these rows)"
    if count := len(record.failed_checks):
        yield f"{counted(count, 'check')} of the proof"


def _joined(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
