"""A run as it is compared: its record, what its recipe said, and its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from runner.errors import Pruned
from runner.evaluated import TABLE_FILE, ScoreRecord, Verdict
from runner.recipe.language.models import Recipe
from runner.recipe.reading.strict_yaml import read
from runner.records import RunRecord, ViewRecord

_NO_VALUE_OF_A_MODEL = ("tracking", "description")
RECIPE_FILE = "recipe.yaml"
"""The recipe that a run leaves, as composed."""
_PREFERRED = ("pyfunc", "native", "server")
_NO_FAILURES = ("waiting", "unfinished", Pruned.code)
"""Codes of what has not ended, or need not come to its end: nothing of it has failed."""


@dataclass(frozen=True)
class Run:
    """A run that is compared with others.

    Args:
        name: What tells it from the others.
        place: Its folder, or its URI in MLflow.
        record: What it did.
        values: Its recipe as composed; empty where that is not known.
        folder: Where the table of its rows lies, if it has one.
    """

    name: str
    place: str
    record: RunRecord
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    folder: Path | None = None

    @cached_property
    def recipe(self) -> Recipe | None:
        """Its recipe; None where it is not known, or another version wrote it otherwise."""
        try:
            return Recipe.model_validate(self.values)
        except ValidationError:
            return None

    @cached_property
    def table(self) -> Path | None:
        """The table of all evaluated rows; None where there is none."""
        file = self.folder / TABLE_FILE if self.folder and self.record.evaluation else None
        return file if file and file.is_file() else None

    @property
    def status(self) -> str:
        """Its verdict, or that it has not ended, was given up, or ended early."""
        if failure := self.record.failure:
            return failure.code if failure.code in _NO_FAILURES else "stopped"
        return self.record.verdict.value

    @property
    def passed(self) -> bool:
        """Whether its checks and gates passed."""
        return self.record.failure is None and self.record.verdict is Verdict.PASSED

    @property
    def scores(self) -> Mapping[str, ScoreRecord]:
        """Its metrics as a whole, by name."""
        found = self.record.evaluation.scores if self.record.evaluation else []
        return {score.name: score for score in found if "." not in score.name}

    @property
    def measured(self) -> Mapping[str, float]:
        """What was measured beside the metrics on data."""
        return self.record.evaluation.measured if self.record.evaluation else {}

    @property
    def view(self) -> ViewRecord | None:
        """What the saved model answered in the proof, as it is used most."""
        views = {view.view: view for view in self.record.views}
        return next((views[name] for name in _PREFERRED if name in views), None)

    @property
    def latency_ms(self) -> float | None:
        """How long an input takes, in milliseconds: half of the rows are faster than that."""
        if (median := self.measured.get("latency_p50_ms")) is not None:
            return median
        if (view := self.view) is None or not view.outputs:
            return None
        return view.predict_seconds * 1000 / len(view.outputs)

    @property
    def memory_bytes(self) -> float | None:
        """The memory that answering took; where that was not measured, that of the weights."""
        measured = self.measured.get("peak_memory_bytes")
        return measured if measured is not None else self.record.weight_bytes or None

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return sum(step.seconds for step in self.record.steps)

    @cached_property
    def told(self) -> Mapping[str, Any]:
        """What was said of the model, by dotted name: values of the recipe, commits of sources."""
        commits = {
            f"{part}.commit": source.commit
            for part, source in self.record.sources.items()
            if source.commit
        }
        said = {k: v for k, v in self.values.items() if k not in _NO_VALUE_OF_A_MODEL}
        return {"recipe": self.record.recipe, **_flat(said), **commits}


def run_in(folder: Path, record: RunRecord) -> Run:
    """Give the run that a folder is of, called by its point.

    Args:
        folder: Folder of a point.
        record: Its record.
    """
    return Run(record.point, str(folder), record, recipe_values(folder), folder)


def recipe_values(folder: Path) -> dict[str, Any]:
    """Give the recipe that a run left, as composed; empty where it left none that can be read.

    Args:
        folder: Folder of the point.
    """
    file = folder / RECIPE_FILE
    return dict(read(file).values) if file.is_file() else {}


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict) and value:
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def varied(runs: Sequence[Run]) -> tuple[str, ...]:
    """Give the names of what is not the same in all runs.

    Args:
        runs: The runs.
    """
    names = dict.fromkeys(name for run in runs for name in run.told)
    return tuple(n for n in names if len({repr(run.told.get(n)) for run in runs}) > 1)
