"""The proof: run every view of a saved model on the evaluation inputs and check the outputs."""

import gc
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.errors import raise_if_ours
from runner.evaluated import EvaluationRecord
from runner.evaluation.answered import answered_once
from runner.evaluation.environments import EnvironmentFailed
from runner.evaluation.expectations import cosine, out_of_bounds, rows_for, unmet
from runner.evaluation.golden import Golden
from runner.evaluation.held import SourceAnswers, ask_source, difference, skipped
from runner.evaluation.long_rows import Heard, hearing
from runner.evaluation.outputs import ModelRaised, Outputs
from runner.evaluation.rows import (
    alike,
    brief,
    column_problem,
    is_table,
    say,
    type_problem,
)
from runner.evaluation.sharing import shared
from runner.evaluation.source import Origin
from runner.evaluation.views import View, open_view
from runner.machine.ffmpeg import ffmpeg_on_path
from runner.machine.garbage import imports_out_of_sight
from runner.recipe.language.evaluation import Expectation
from runner.recipe.language.models import Recipe
from runner.records import CheckRecord, Outcome, Verdict, ViewRecord
from runner.tasks import Task


@dataclass
class Proof:
    """What the proof found.

    Args:
        views: What each view gave.
        source_view: What the source gave, where it was asked.
        checks: Every check, with its outcome.
        metrics: Numbers measured on the way, such as ``similarity[0,1]``.
        tried: The views that were tried, also those that did not load.
        evaluation: What the evaluation on data found, where there was one.
        reports: Files of the report on it, for people.
        answers: What ``pyfunc`` answers to each input, where it was asked.
    """

    views: list[ViewRecord] = field(default_factory=list[ViewRecord])
    source_view: ViewRecord | None = None
    checks: list[CheckRecord] = field(default_factory=list[CheckRecord])
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    tried: list[str] = field(default_factory=list[str])
    evaluation: EvaluationRecord | None = None
    reports: list[str] = field(default_factory=list[str])
    answers: list[Any] | None = None

    @property
    def verdict(self) -> Verdict:
        """Passed if no check failed and every gate passed, unproven if none was made."""
        made = {check.outcome for check in self.checks} - {Outcome.SKIPPED}
        failed = Verdict.FAILED if Outcome.FAILED in made else Verdict.PASSED
        proven = failed if made else Verdict.UNPROVEN
        return proven.with_gates(self.evaluation) if self.evaluation else proven


def prove(
    recipe: Recipe,
    inputs: Sequence[Any],
    path: Path,
    device: str = "auto",
    origin: Origin | CheckRecord | None = None,
    golden: Golden | None = None,
) -> Proof:
    """Prove a saved model by inference.

    Args:
        recipe: The recipe it was made from.
        inputs: The inputs, as the model takes them.
        path: The model folder.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
        origin: Where it came from, to be held to that; a skipped check that says why that cannot
            be; None where it is not wanted.
        golden: Its golden answers; None where the recipe has none.

    Returns:
        What was found. A model that cannot be loaded or run is a failed check, not an exception.

    Raises:
        EnvironmentFailed: There is no environment for the isolated view.
    """
    proof = Proof()
    with ffmpeg_on_path(), imports_out_of_sight(), shared():
        asked = ask_source(recipe, inputs, origin, device) if isinstance(origin, Origin) else origin
        held_to = asked if isinstance(asked, SourceAnswers) else None
        proof.source_view = held_to.record if held_to else None
        proof.checks += [asked] if isinstance(asked, CheckRecord) else []
        gc.collect()  # one model at a time
        for name in recipe.views:
            proof.tried.append(name)
            _ViewProof(recipe, name, inputs, proof, path, held_to, golden).run(device)
            gc.collect()
    return proof


@dataclass
class _ViewProof:
    recipe: Recipe
    name: str
    inputs: Sequence[Any]
    proof: Proof
    path: Path
    held_to: SourceAnswers | None = None
    golden: Golden | None = None
    heard: Heard = field(default_factory=Heard)

    @property
    def outputs(self) -> Outputs:
        return Outputs(self.recipe, self.name, self.inputs, self.heard)

    @property
    def task(self) -> Task:
        return self.recipe.contract

    def run(self, device: str) -> None:
        with ExitStack() as stack:
            start = time.perf_counter()
            try:
                view = stack.enter_context(open_view(self.name, self.path, self.recipe, device))
            except EnvironmentFailed:  # the model is not to blame
                raise
            except Exception as error:
                raise_if_ours(error)
                self._add("loads", f"it does not load: {say(error)}")
                return
            self._add("loads", "")
            self.heard = stack.enter_context(hearing())
            stack.enter_context(answered_once())
            self._look_at(view, time.perf_counter() - start)
            if self.heard.said:
                self._add("length", "", "; ".join(self.heard.said))

    def _look_at(self, view: View, load_seconds: float) -> None:
        start = time.perf_counter()
        try:
            came, rows = self.outputs.of(view, {})
        except ModelRaised as error:
            self._add("runs", f"predict raised {error}")
            return
        self._add("runs", "")
        wanted = self.outputs.wanted
        self._add("rows", f"{wanted} rows are wanted, {came} came" if came != wanted else "")
        self.proof.views.append(
            ViewRecord(
                view=self.name,
                load_seconds=round(load_seconds, 4),
                predict_seconds=round(time.perf_counter() - start, 4),
                outputs=[brief(row) for row in rows],
            )
        )
        self._check_signature(rows)
        self._check_params(view, rows)
        self._check_expectations(rows)
        self._check_source(view, rows)
        self._check_same(rows)
        if self.golden and self.name == self.golden.view:
            self._add("golden", *self.golden.check(rows, self.path))

    def _check_signature(self, rows: list[Any]) -> None:
        if self.name == "native":
            return
        for check, problem in (("columns", column_problem), ("types", type_problem)):
            flat = [r for row in rows for r in (row if is_table(row) else [row])]
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
            _, given = self.outputs.of(view, params)
        except ModelRaised as error:
            return f"predict with {names} raised {error}"
        if all(alike(a, b) for a, b in zip(rows, given, strict=True)):
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

    def _check_source(self, view: View, rows: list[Any]) -> None:
        """The answers are those of the source; drawn ones as far as both draw alike."""
        if self.held_to is None or self.name == "server":
            return
        if reason := self.held_to.incomparable(self.name, self.path):
            self.proof.checks.append(skipped(self.name, reason))
            return
        drawn = self.held_to.samples and self.name != "native"
        if drawn:  # from the seed on: the first is alike however many are asked for
            rows = [self.outputs.alone(view, 0, {}) if len(rows) > 1 else rows[0]]
        problem = self.held_to.difference(self.name, rows, self.path)
        self._add("source", problem, "drawn: the first answer was compared" if drawn else "")

    def _check_same(self, rows: list[Any]) -> None:
        """What an environment of its own answers is what was answered here."""
        if self.name == "pyfunc":
            self.proof.answers = rows
        elif self.name == "isolated" and self.proof.answers is not None:
            self._add("same", difference(rows, self.proof.answers, self.path))

    def _check_similarity(self, name: str, expectation: Expectation, rows: list[Any]) -> None:
        if expectation.input is None or expectation.similar_to is None:
            return
        of_mlflow = self.name != "native" and self.recipe.pyfunc == "mlflow"
        if of_mlflow and "rows" in self.task.limitations:
            return  # it gives the embedding of one input only
        one, other = rows[expectation.input], rows[expectation.similar_to]
        similarity = cosine(self.task.scored(one), self.task.scored(other))
        self.proof.metrics[expectation.metric] = round(similarity, 6)
        self._add(name, out_of_bounds(expectation, similarity), f"cosine {similarity:.3f}")

    def _add(self, name: str, problem: str, passed: str = "") -> None:
        outcome, message = Outcome.PASSED, passed
        if problem:
            outcome, message = Outcome.FAILED, problem
            known = self.task.limitations.get(name)
            if known and self.name != "native" and self.recipe.pyfunc == "mlflow":
                outcome, message = Outcome.LIMITATION, f"{problem} ({known})"
        self.proof.checks.append(
            CheckRecord(name=name, view=self.name, outcome=outcome, message=message)
        )
