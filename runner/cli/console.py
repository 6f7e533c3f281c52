"""What a run looks like to the person who waits for it: rich on stderr, nothing on stdout."""

import logging
import os
import time
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from runner.records import Outcome, RunRecord, Step, Verdict
from runner.tasks import get_task
from runner.wording import size

if TYPE_CHECKING:
    from runner.sweeps.points import Point
    from runner.sweeps.run_all import Result

_PROGRESS_AFTER = 1.0
_LOG_WIDTH = 160
_SHOWN_ANSWERS = 3
_LIBRARIES = ("mlflow", "transformers", "alembic", "huggingface_hub", "torch", "accelerate")
_COLOURS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.UNPROVEN: "yellow"}


def open_console() -> Console:
    """Open stderr for people: as wide as the terminal, and wide enough for paths in a log."""
    console = Console(stderr=True)
    return console if console.is_terminal else Console(stderr=True, width=_LOG_WIDTH)


def quiet() -> None:
    """Keep the libraries' logs, warnings and progress bars off the screen.

    Environment variables that the user has set win. To be called before they are imported.
    """
    warnings.filterwarnings("ignore")
    for variable, value in {
        "TRANSFORMERS_VERBOSITY": "error",
        "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
        "MLFLOW_LOGGING_LEVEL": "ERROR",
        "HF_HUB_VERBOSITY": "error",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TQDM_DISABLE": "1",
        "PYTHONWARNINGS": "ignore",
    }.items():
        os.environ.setdefault(variable, value)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def importing(console: Console) -> Generator[None]:
    """Say what takes a while, and spare what is not needed of it."""
    with console.status("importing torch, transformers and mlflow …"):
        from runner.libraries import spare_unused_imports

        spare_unused_imports()
        yield


class ConsoleObserver:
    """Draws each step with its time and size; a live line appears once one takes over a second."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._step = ""
        self._started = 0.0

    def step_started(self, name: str) -> None:
        """Start a live line, on a terminal."""
        self._step, self._started = name, time.monotonic()
        if self._console.is_terminal:
            self._status = self._console.status(f"{name} …")
            self._status.start()

    def step_finished(self, step: Step) -> None:
        """Print the step."""
        self.stop()
        amount = size(step.bytes) if step.bytes else ""
        self._console.print(
            f"  [green]✓[/] {step.name:<8}{step.seconds:>8.2f} s {amount:>9}  "
            f"[dim]{escape(step.detail)}[/]",
            highlight=False,
        )

    def progress(self, what: str, done: int, total: int) -> None:
        """Put how far it is into the live line."""
        if self._status is None or time.monotonic() - self._started < _PROGRESS_AFTER:
            return
        share = f"{size(done)} of {size(total)} ({done / total:.0%})" if total else size(done)
        self._status.update(f"{self._step}: {what}, {share}")

    def stop(self) -> None:
        """Take the live line away."""
        if self._status is not None:
            self._status.stop()
            self._status = None


def print_point(console: Console, point: "Point") -> None:
    """Print the heading of a point."""
    name = "" if point.name == "default" else f" [dim]{escape(point.name)}[/]"
    console.print(f"[bold]{escape(point.composed.name)}[/]{name}", highlight=False)


def print_results(console: Console, results: Sequence["Result"]) -> None:
    """Print what came of the points: verdicts with reasons, and how to load what was made."""
    for result in results:
        if result.error is not None:
            _print_error(console, result)
        elif result.record is not None:
            _print_answers(console, result.record)
            _print_checks(console, result.record)
    console.print(_table(results))
    proven = [r for r in results if r.record is not None and r.record.model]
    if proven and proven[0].record is not None:
        _print_loading(console, proven[0].record)


def _print_error(console: Console, result: "Result") -> None:
    if error := result.error:
        console.print(
            f"[red]error\\[{error.code}][/] {escape(result.point.name)}: {escape(error.message)}",
            highlight=False,
            soft_wrap=True,
        )
        if error.remedy:
            console.print(f"  {escape(error.remedy)}", highlight=False, soft_wrap=True)


def _print_answers(console: Console, record: RunRecord) -> None:
    """Print what the model answered, and what was measured on it."""
    if record.views:
        view = record.views[-1]
        for given, answer in list(zip(record.inputs, view.outputs, strict=False))[:_SHOWN_ANSWERS]:
            line = f"  {view.view}: {given!r} → {answer!r}"
            console.print(line, markup=False, highlight=False, overflow="ellipsis", no_wrap=True)
    for name, value in record.metrics.items():
        console.print(f"  {name} = {value:.3f}", markup=False, highlight=False)


def _print_checks(console: Console, record: RunRecord) -> None:
    for check in record.checks:
        if check.outcome is Outcome.PASSED:
            continue
        colour = "red" if check.outcome is Outcome.FAILED else "yellow"
        console.print(
            f"  [{colour}]{check.outcome}[/] {check.view} {check.name}: {escape(check.message)}",
            highlight=False,
        )


def _table(results: Sequence["Result"]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("recipe", "point", "verdict", "checks", "size", "seconds", "model"):
        table.add_column(column, overflow="fold")
    for result in results:
        composed, record = result.point.composed, result.record
        if record is None:
            table.add_row(composed.name, result.point.name, "[red]stopped[/]")
            continue
        passed = sum(check.outcome is Outcome.PASSED for check in record.checks)
        table.add_row(
            record.recipe,
            record.point,
            f"[{_COLOURS[record.verdict]}]{record.verdict}[/]",
            f"{passed}/{len(record.checks)}",
            size(record.model_bytes),
            f"{sum(step.seconds for step in record.steps):.1f}",
            str(result.point.folder / "model") if record.model else "",
        )
    return table


def _print_loading(console: Console, record: RunRecord) -> None:
    console.print("\nLoad it anywhere MLflow and transformers are:")
    console.print("\n".join(loading_lines(record)), soft_wrap=True, markup=False)


def loading_lines(record: RunRecord) -> list[str]:
    """Give three lines of Python that load a model and show something of it.

    Args:
        record: The record of its run.
    """
    from runner.evaluation.inputs import as_callers_write

    task = get_task(record.task)
    if record.views and all(view.view == "native" for view in record.views):
        parts = ', return_type="components"' if "processor" in task.components else ""
        load = f'model = mlflow.transformers.load_model("{record.model}"{parts})'
        return ["import mlflow", load, "print(model)"]
    load = f'model = mlflow.pyfunc.load_model("{record.model}")'
    if any(getattr(entry, "media", "audio") for entry in task.inputs):
        return ["import mlflow", load, "print(model.metadata.signature)"]
    given = as_callers_write(task, record.inputs[0])
    return ["import mlflow", load, f"print(model.predict({given!r}))"]
