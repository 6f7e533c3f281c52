"""The proof: run every view of a saved model on the evaluation inputs and check the outputs."""

import gc
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

from runner.evaluation.expectations import cosine, out_of_bounds, rows_for, unmet
from runner.evaluation.rows import as_rows, brief, column_problem, same, type_problem
from runner.evaluation.views import View, open_view
from runner.recipe.models import Expectation, Recipe
from runner.records import Check, Outcome, Verdict, ViewRecord
from runner.tasks import Task, get_task
from runner.tasks.forms import rows_of


@dataclass
class Proof:
    """What the proof found.

    Args:
        views: What each view gave.
        checks: Every check, with its outcome.
        metrics: Numbers measured on the way, such as ``similarity[0,1]``.
    """

    views: list[ViewRecord] = field(default_factory=list[ViewRecord])
    checks: list[Check] = field(default_factory=list[Check])
    metrics: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def verdict(self) -> Verdict:
        """Passed if no check failed, unproven if none was made."""
        if not self.checks:
            return Verdict.UNPROVEN
        failed = any(check.outcome is Outcome.FAILED for check in self.checks)
        return Verdict.FAILED if failed else Verdict.PASSED


def inputs_of(recipe: Recipe) -> list[Any]:
    """Give the inputs of the proof: declared, else the input example, else the task's own."""
    if recipe.evaluation.inputs:
        return recipe.evaluation.inputs
    if recipe.input_example is not None:
        return rows_of(get_task(recipe.task), recipe.input_example)
    return [get_task(recipe.task).example]


def prove(recipe: Recipe, path: Path, device: str = "auto") -> Proof:
    """Prove a saved model by inference.

    Args:
        recipe: The recipe it was made from.
        path: The model folder.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.

    Returns:
        What was found. A model that cannot be loaded or run is a failed check, not an exception.
    """
    proof = Proof()
    gc.freeze()  # what the imports made is not garbage: do not look through it after each view
    for name in recipe.evaluation.views:
        _ViewProof(recipe, name, inputs_of(recipe), proof).run(path, device)
        gc.collect()
    gc.unfreeze()
    return proof


@dataclass
class _ViewProof:
    recipe: Recipe
    name: str
    inputs: Sequence[Any]
    proof: Proof

    @property
    def task(self) -> Task:
        return get_task(self.recipe.task)

    def run(self, path: Path, device: str) -> None:
        start = time.perf_counter()
        try:
            view = open_view(self.name, path, self.recipe, device)
        except Exception as error:
            self._add("loads", f"it does not load: {_say(error)}")
            return
        loaded = time.perf_counter()
        self._add("loads", "")
        try:
            output = as_rows(view.predict(self.inputs))
            self._check_rows(output)
            rows = self._by_input(output) or [self._single(view, row) for row in self.inputs]
        except Exception as error:
            self._add("runs", f"predict raised {_say(error)}")
            return
        self._add("runs", "")
        self.proof.views.append(
            ViewRecord(
                view=self.name,
                load_seconds=round(loaded - start, 4),
                predict_seconds=round(time.perf_counter() - loaded, 4),
                outputs=[brief(row) for row in rows],
            )
        )
        self._check_signature(rows)
        self._check_params(view, rows)
        self._check_expectations(rows)

    def _by_input(self, output: list[Any]) -> list[Any]:
        """Give the output of each input; nothing where it cannot be told what belongs to which."""
        if self.name == "native":
            return output
        counts = [self.task.rows(given) for given in self.inputs]
        if len(output) != sum(counts):
            return []
        if counts == [1] * len(counts):
            return output
        starts = accumulate(counts, initial=0)
        return [output[start : start + n] for start, n in zip(starts, counts, strict=False)]

    def _single(self, view: View, row: Any) -> Any:
        """Give the output for one input alone: its row, or all of it where it is several."""
        output = view.predict([row])
        rows = as_rows(output)
        return rows[0] if len(rows) == 1 else output

    def _check_rows(self, output: list[Any]) -> None:
        single = self.name == "native"
        wanted = len(self.inputs) if single else sum(map(self.task.rows, self.inputs))
        wrong = len(output) != wanted
        self._add("rows", f"{wanted} rows are wanted, {len(output)} came" if wrong else "")

    def _check_signature(self, rows: list[Any]) -> None:
        if self.name == "native":
            return
        for check, problem in (("columns", column_problem), ("types", type_problem)):
            flat = [r for row in rows for r in (row if _is_table(row) else [row])]
            found = [problem(row, self.task.outputs) for row in flat]
            self._add(check, next((text for text in found if text), ""))

    def _check_params(self, view: View, rows: list[Any]) -> None:
        """Every declared param is accepted, and giving its default changes nothing."""
        if self.name == "native" or not self.recipe.params:
            return
        defaults = {k: p.default for k, p in self.recipe.params.items() if p.default is not None}
        problem = self._differs(view, rows, defaults)
        if problem and len(defaults) > 1:
            single = (self._differs(view, rows, {k: v}) for k, v in defaults.items())
            problem = next((text for text in single if text), problem)
        self._add("params", problem)

    def _differs(self, view: View, rows: list[Any], params: Mapping[str, Any]) -> str:
        names = ", ".join(params)
        try:
            given = self._by_input(as_rows(view.predict(self.inputs, params))) or [
                self._single(_With(view, params), row) for row in self.inputs
            ]
        except Exception as error:
            return f"predict with {names} raised {_say(error)}"
        if all(same(a, b) for a, b in zip(rows, given, strict=True)):
            return ""
        return f"giving {names} at the declared default changes the output"

    def _check_expectations(self, rows: list[Any]) -> None:
        for number, expectation in enumerate(self.recipe.evaluation.expect):
            name = f"expect[{number}]"
            if expectation.view not in (None, self.name):
                continue
            if expectation.similar_to is not None:
                self._check_similarity(name, expectation, rows)
                continue
            for index, row in rows_for(expectation, rows):
                problem = unmet(expectation, row)
                self._add(name, f"output {index}: {problem}" if problem else "")

    def _check_similarity(self, name: str, expectation: Expectation, rows: list[Any]) -> None:
        if self.name != "native" or expectation.input is None or expectation.similar_to is None:
            return
        similarity = cosine(rows[expectation.input], rows[expectation.similar_to])
        metric = f"similarity_{expectation.input}_{expectation.similar_to}"
        self.proof.metrics[metric] = round(similarity, 6)
        problem = out_of_bounds(expectation, similarity)
        self._add(name, problem, f"cosine {similarity:.3f}")

    def _add(self, name: str, problem: str, passed: str = "") -> None:
        outcome, message = Outcome.PASSED, passed
        if problem:
            outcome, message = Outcome.FAILED, problem
            known = self.task.limitations.get(name)
            if known and self.name == "pyfunc" and self.recipe.pyfunc == "mlflow":
                outcome, message = Outcome.LIMITATION, f"{problem} ({known})"
        self.proof.checks.append(Check(name=name, view=self.name, outcome=outcome, message=message))


@dataclass(frozen=True)
class _With:
    """A view with params bound."""

    view: View
    params: Mapping[str, Any]

    def predict(self, inputs: Sequence[Any], params: Mapping[str, Any] | None = None) -> Any:
        return self.view.predict(inputs, {**self.params, **(params or {})})


def _is_table(row: Any) -> bool:
    return isinstance(row, list) and bool(row) and isinstance(row[0], dict)


def _say(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
