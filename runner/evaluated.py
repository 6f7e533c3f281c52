"""What an evaluation on data found, and the verdict on a model: the part of a record."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

TABLE_FILE = "eval_results_table.json"
"""The table of all rows, by the name and in the form (``pandas``' ``split``) of MLflow's own."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)


class GateVerdict(StrEnum):
    """What the rows say of a gate; ``undecided`` are too few of them, and no pass."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


class DataRecord(_Part):
    """The rows that were evaluated.

    Args:
        name: The file or folder as the recipe names it; empty for rows of the recipe itself.
        sha256: Hash of all of its content.
        rows: Rows that were evaluated: after ``where``, ``sample`` and ``limit``.
        inferred: Rows that the model was asked for; the answers to the others had been kept.
        repeat: How often each row was asked.
    """

    name: str
    sha256: str
    rows: int
    inferred: int = 0
    repeat: int = 1


class ScoreRecord(_Part):
    """A metric, or a part of one, on the rows or on a slice of them.

    Args:
        name: As gates have it: ``accuracy``, ``accuracy.slices.lang.de``, ``f1_macro.class.spam``.
        value: The metric; None where it is not defined on these rows.
        low: Lower end of its interval; None where nothing can be said.
        high: Upper end.
        rows: How many rows it is of.
        better: ``higher`` or ``lower``.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    rows: int
    better: str = "higher"


class ComparisonRecord(_Part):
    """A metric of this model beside the champion's, on the rows that both answered.

    Args:
        champion: The champion, as the recipe names it.
        rows: How many rows both answered.
        value: The champion's metric on them.
        effect: This model's less the champion's.
        low: Lower end of the interval of the difference; None where nothing can be said.
        high: Upper end.
        p: Chance of a difference at least as large where there is none.
    """

    champion: str
    rows: int
    value: float | None
    effect: float | None
    low: float | None
    high: float | None
    p: float | None


class GateRecord(_Part):
    """A gate and what came of it.

    Args:
        name: What it is about.
        condition: What must hold, as the recipe writes it.
        value: What was measured; None where it could not be.
        low: Lower end of its interval.
        high: Upper end.
        verdict: Passed, failed or undecided.
        message: Why it did not pass, and what would decide it.
        comparison: Of a gate that is held to the champion, what decides it; None where there is no
            champion yet.
    """

    name: str
    condition: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: GateVerdict
    message: str = ""
    comparison: ComparisonRecord | None = None


class RowRecord(_Part):
    """A row that the model did badly on.

    Args:
        id: What tells it from the others.
        given: Its input.
        target: What is right.
        answer: What the model answered.
        score: The first metric that has a value for each row, for this one.
    """

    id: str
    given: Any
    target: Any
    answer: Any
    score: float


class EvaluationRecord(_Part):
    """What an evaluation on data found.

    Args:
        data: The rows.
        scores: Every metric, as a whole, by its parts and by slices.
        measured: What was measured beside them: latency, rows a second, memory, size.
        latencies_ms: How long single rows took, one after the other, in milliseconds.
        gates: Every gate.
        worst: The rows that it did worst on, the worst first.
        table: The file with all rows.
        seconds: Wall time.
        code: SHA-256 of the file of each metric that is the recipe's own, by its name.
        notes: What to know of the rows beside the numbers.
    """

    data: DataRecord
    scores: list[ScoreRecord] = Field(default_factory=list[ScoreRecord])
    measured: dict[str, float] = Field(default_factory=dict)
    latencies_ms: list[float] = Field(default_factory=list)
    gates: list[GateRecord] = Field(default_factory=list[GateRecord])
    worst: list[RowRecord] = Field(default_factory=list[RowRecord])
    table: str = ""
    seconds: float = 0.0
    code: dict[str, str] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list[str])

    @property
    def verdict(self) -> GateVerdict:
        """Passed where every gate is; failed where one is, or a metric is not defined."""
        verdicts = {gate.verdict for gate in self.gates}
        whole = [score for score in self.scores if "." not in score.name]
        if GateVerdict.FAILED in verdicts or any(score.value is None for score in whole):
            return GateVerdict.FAILED
        undecided = GateVerdict.UNDECIDED in verdicts
        return GateVerdict.UNDECIDED if undecided else GateVerdict.PASSED

    @property
    def numbers(self) -> dict[str, float]:
        """Everything measured that has a value, by name."""
        scored = {score.name: score.value for score in self.scores if score.value is not None}
        return {**scored, **self.measured}


class Verdict(StrEnum):
    """What the proof and the gates said of the model; ``undecided`` are gates with too few rows."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    UNPROVEN = "unproven"

    @property
    def stands(self) -> bool:
        """Whether nothing speaks against the model: no check failed, and every gate passed."""
        return self in (Verdict.PASSED, Verdict.UNPROVEN)

    def with_gates(self, evaluation: EvaluationRecord) -> "Verdict":
        """Give the verdict of proof and gates together: gates make no failed proof good.

        Args:
            evaluation: What the evaluation on data found.
        """
        if self is Verdict.FAILED or evaluation.verdict is GateVerdict.FAILED:
            return Verdict.FAILED
        if evaluation.verdict is GateVerdict.UNDECIDED:
            return Verdict.UNDECIDED
        return Verdict.PASSED if evaluation.gates else self
