"""Held to its source: where a saved model answers otherwise than the checkpoint it was made of."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mlflow.models import Model

from runner.errors import raise_if_ours
from runner.evaluation.causes import likely_cause
from runner.evaluation.native_rows import unheard_columns
from runner.evaluation.rows import brief, same, say
from runner.evaluation.source import Origin, left_out, open_source
from runner.evaluation.vectors import no_vectors, vectors_of
from runner.recipe.language.models import Recipe
from runner.records import CheckRecord, Outcome, ViewRecord
from runner.tasks.answer_forms import LISTED, best_of

TOLERANCES = {"float64": 1e-6, "float32": 1e-5, "float16": 2e-3, "bfloat16": 2e-2}
"""What numbers may differ by, as a part of themselves; next to zero by a tenth of it."""
_SHOWN = 120


@dataclass(frozen=True)
class SourceAnswers:
    """What the source of a model answers to the inputs of its proof.

    Args:
        recipe: The recipe.
        inputs: The inputs.
        rows: The source's answer to each, in the terms of the task's outputs.
        dtype: dtype that it ran in.
        samples: Whether the answers were drawn.
        unheard: Arguments of the recipe that the inference code knows, and no pipeline.
        origin: Where the source is.
        record: What it gave, for the record.
        vectors: The vectors that sentence-transformers gives; or why there are none to hold to.
    """

    recipe: Recipe
    inputs: Sequence[Any]
    rows: Sequence[Any]
    dtype: str
    samples: bool
    unheard: Sequence[str]
    origin: Origin
    record: ViewRecord
    vectors: Sequence[Any] | str = ""

    def incomparable(self, view: str, model: Path) -> str:
        """Say why what a view answers cannot be held to it; nothing where it can.

        Args:
            view: ``native``, ``pyfunc`` or ``isolated``.
            model: The model folder.
        """
        if view == "native":
            return ""
        recipe, task = self.recipe, self.recipe.contract
        if _runs_mlflows_code(model):
            return "MLflow's own inference code gives answers of another form than the pipeline's"
        if task.agreement is None:
            return self.vectors if isinstance(self.vectors, str) else ""
        arguments = recipe.usual_arguments
        form = task.answer_form(arguments)
        if form not in (task.answer_form({}), LISTED):
            return f"the pyfunc gives {form}, the pipeline something else"
        of_inputs = (name for row in self.inputs for name in unheard_columns(task, row))
        if unheard := list(dict.fromkeys([*self.unheard, *of_inputs])):
            return f"the pipeline does not take {', '.join(unheard)}"
        return ""

    def difference(self, view: str, rows: Sequence[Any], model: Path) -> str:
        """Say which answer of a view is not the source's; nothing where all are.

        Args:
            view: ``native``, ``pyfunc`` or ``isolated``.
            rows: What it answers to each input; of answers that are drawn the first may do.
            model: The model folder, for the cause.
        """
        tolerance = TOLERANCES.get(self.dtype, 1e-5)
        drawn = self.samples and "do_sample" not in self.recipe.usual_arguments
        for number, (given, row) in enumerate(zip(self.inputs, rows, strict=False)):
            ours, theirs = self._both(view, number, given, row)
            vectors = view != "native" and not isinstance(self.vectors, str)
            least = tolerance * float(np.abs(theirs).max()) if vectors else tolerance / 10
            if not same(ours, theirs, least, tolerance):
                cause = likely_cause(self.recipe, self.origin, model, view, self.dtype)
                if _has_no_number(theirs):
                    cause = "the weights or the configuration, of which the source makes no number"
                if view != "native" and drawn:
                    cause = f"nobody says `do_sample`, and the pipeline draws; or {cause}"
                return (
                    f"row {number}: the saved model answers {short_of(ours)}, "
                    f"its source {short_of(theirs)}; likely cause: {cause}"
                )
        return ""

    def _both(self, view: str, number: int, given: Any, row: Any) -> tuple[Any, Any]:
        """Give what a view and what the source answer to an input, in the same form."""
        task, answer = self.recipe.contract, self.rows[number]
        if view == "native":
            return row, answer
        if task.agreement:
            listed = task.answer_form(self.recipe.usual_arguments) == LISTED
            ours, theirs = task.agreement(given, best_of(row) if listed else row, answer)
            return _stripped(ours), _stripped(theirs)
        if not isinstance(self.vectors, str):
            return np.asarray(task.scored(row)), np.asarray(self.vectors[number])
        return row, answer


def difference(rows: Sequence[Any], here: Sequence[Any], model: Path) -> str:
    """Say which answer of an environment of its own is not what was answered here.

    Args:
        rows: The answers there.
        here: The answers here.
        model: The model folder; its dtype says what numbers may differ by.
    """
    flavor = Model.load(str(model)).flavors.get("transformers") or {}
    dtype = str(flavor.get("torch_dtype", "")).removeprefix("torch.")
    tolerance = TOLERANCES.get(dtype, 1e-5)
    for number, (there, ours) in enumerate(zip(rows, here, strict=True)):
        if not same(there, ours, tolerance / 10, tolerance):
            return f"row {number}: {short_of(there)} there, {short_of(ours)} here"
    return ""


def ask_source(
    recipe: Recipe, inputs: Sequence[Any], origin: Origin, device: str
) -> SourceAnswers | CheckRecord | None:
    """Run the inputs of a proof on the source.

    Args:
        recipe: The recipe.
        inputs: The inputs, as the model takes them.
        origin: Where the source is.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.

    Returns:
        What it answers; where that cannot be a skipped check that says why, and nothing where the
        recipe leaves the source out.
    """
    if (reason := left_out(recipe, origin.bytes)) is not None:
        return skipped("source", reason) if reason else None
    start = time.perf_counter()
    try:
        view = open_source(recipe, origin, device)
        loaded = time.perf_counter()
        rows = view.predict(inputs)
    except Exception as error:
        raise_if_ours(error)
        return skipped("source", f"transformers itself raises {say(error)}")
    record = ViewRecord(
        view="source",
        load_seconds=round(loaded - start, 4),
        predict_seconds=round(time.perf_counter() - loaded, 4),
        outputs=[brief(row) for row in rows],
    )
    dtype = str(view.pipeline.model.dtype).removeprefix("torch.")
    vectors = "" if recipe.contract.agreement else _vectors(recipe, inputs, origin, device)
    return SourceAnswers(
        recipe, inputs, rows, dtype, view.samples, view.unheard, origin, record, vectors
    )


def _vectors(
    recipe: Recipe, inputs: Sequence[Any], origin: Origin, device: str
) -> Sequence[Any] | str:
    arguments = recipe.usual_arguments
    if reason := no_vectors(recipe, origin, arguments):
        return reason
    try:
        return vectors_of(recipe, inputs, origin, arguments, device)
    except Exception as error:
        raise_if_ours(error)
        return f"sentence-transformers itself raises {say(error)}"


def skipped(view: str, reason: str) -> CheckRecord:
    """Give the check against the source that could not be made of a view, and why."""
    return CheckRecord(name="source", view=view, outcome=Outcome.SKIPPED, message=reason)


def _has_no_number(value: Any) -> bool:
    """Say whether there is a NaN in an answer."""
    match value:
        case dict():
            return any(_has_no_number(one) for one in value.values())
        case list():
            return any(_has_no_number(one) for one in value)
        case float() | np.floating():
            return bool(np.isnan(value))
        case np.ndarray():
            return value.dtype.kind == "f" and bool(np.isnan(value).any())
        case _:
            return False


def _runs_mlflows_code(model: Path) -> bool:
    flavor = Model.load(str(model)).flavors["python_function"]
    return flavor["loader_module"] == "mlflow.transformers"


def _stripped(value: Any) -> Any:
    """Take white space off the ends of texts, as the inference code does."""
    match value:
        case str():
            return value.strip()
        case dict():
            return {key: _stripped(item) for key, item in value.items()}
        case list():
            return [_stripped(item) for item in value]
        case _:
            return value


def short_of(value: Any) -> str:
    """Give an answer in a few words, for a sentence that holds it beside another."""
    text = repr(brief(value))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
