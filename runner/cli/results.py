"""What came of a run, for people: answers, failed checks, verdicts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from runner.cli.compared import print_decision
from runner.cli.evaluated import print_evaluation
from runner.cli.loading import loading_lines
from runner.errors import Pruned
from runner.records import CheckRecord, Outcome, RunRecord, Verdict
from runner.text.wording import size

if TYPE_CHECKING:
    from runner.evaluation.proof import Proof
    from runner.sweeps.points import Point
    from runner.sweeps.run_all import PointResult

_SHOWN_ANSWERS = 3
_LEAST = 20
"""Characters that stay of an input, however long its answer is."""
_COLOURS = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "red",
    Verdict.UNDECIDED: "yellow",
    Verdict.UNPROVEN: "yellow",
}


def print_point(console: Console, point: "Point") -> None:
    """Print the heading of a point."""
    name = "" if point.name == "default" else f" [dim]{escape(point.name)}[/]"
    console.print(f"[bold]{escape(point.composed.name)}[/]{name}", highlight=False)


def print_results(console: Console, results: Sequence["PointResult"]) -> None:
    """Print what came of the points: verdicts with reasons, which to ship, and how to load it."""
    from runner.comparing.decision import decide
    from runner.sweeps.in_mlflow import runs_of

    if not results:
        console.print("nothing to run: no point's last run failed", highlight=False)
        return
    for result in results:
        if result.error is not None:
            _print_error(console, result)
        elif result.record is not None:
            _print_answers(console, result.record)
            _print_notes(console, result.record)
            _print_checks(console, result.record.checks)
            if result.record.evaluation:
                print_evaluation(console, result.record.evaluation)
                _print_report(console, result.record.reports)
    console.print(_table(results))
    if len(results) > 1:
        print_decision(console, decide(runs_of(results)))
    for result in results:
        if (record := result.record) and record.model and record.verdict.stands:
            console.print("\nLoad it anywhere MLflow and transformers are:")
            lines = loading_lines(record, _folder(result.point))
            console.print("\n".join(lines), soft_wrap=True, markup=False)
            break


def _print_error(console: Console, result: "PointResult") -> None:
    if error := result.error:
        pruned = isinstance(error, Pruned)
        said = f"[yellow]{error.code}[/]" if pruned else f"[red]error\\[{error.code}][/]"
        console.print(
            f"{said} {escape(result.point.name)}: {escape(error.message)}",
            highlight=False,
            soft_wrap=True,
        )
        if error.remedy and not pruned:
            console.print(f"  {escape(error.remedy)}", highlight=False, soft_wrap=True)


def _print_answers(console: Console, record: RunRecord) -> None:
    """Print what the model answered, and what was measured on it."""
    if record.views:
        view = record.views[-1]
        for given, answer in list(zip(record.inputs, view.outputs, strict=False))[:_SHOWN_ANSWERS]:
            line = answer_line(view.view, given, answer, console.width)
            console.print(line, markup=False, highlight=False, overflow="ellipsis", no_wrap=True)
    for name, value in record.metrics.items():
        console.print(f"  {name} = {value:.3f}", markup=False, highlight=False)


def answer_line(view: str, given: object, answer: object, width: int) -> str:
    """Give an input and its answer on one line; where it is too long, the input is cut first.

    Args:
        view: Name of the view.
        given: The input.
        answer: The answer.
        width: Characters that the line may have.
    """
    asked, said = repr(given), repr(answer)
    room = width - len(f"  {view}:  → ")
    said = _cut(said, max(room - min(len(asked), _LEAST), _LEAST))
    return f"  {view}: {_cut(asked, max(room - len(said), _LEAST))} → {said}"


def _cut(text: str, width: int) -> str:
    """Cut the middle out of a text that is too long."""
    if len(text) <= width:
        return text
    end = (width - 1) // 2
    return f"{text[: width - 1 - end]}…{text[-end:]}"


def _folder(point: "Point") -> Path:
    """Give the folder that files of a point's first input are relative to."""
    given = bool(point.composed.recipe.evaluation.inputs)
    return point.composed.origin(
        ("evaluation", "inputs", 0) if given else ("input_example", 0)
    ).folder


def _print_notes(console: Console, record: RunRecord) -> None:
    for note in record.notes:
        console.print(f"  [yellow]note[/] {escape(note)}", highlight=False, soft_wrap=True)


def print_proof(console: Console, found: "Proof") -> None:
    """Print what was found of a model that was packaged before.

    Args:
        console: Where to.
        found: What was found.
    """
    _print_checks(console, found.checks)
    if found.evaluation:
        print_evaluation(console, found.evaluation)
        _print_report(console, found.reports)
    console.print(f"  [{_COLOURS[found.verdict]}]{found.verdict}[/]")


def _print_report(console: Console, files: Sequence[str]) -> None:
    for file in files[:1]:
        console.print(f"  report: {file}", markup=False, highlight=False, soft_wrap=True)


def _print_checks(console: Console, checks: Sequence[CheckRecord]) -> None:
    for check in checks:
        if check.outcome is Outcome.PASSED:
            continue
        colour = "red" if check.outcome is Outcome.FAILED else "yellow"
        console.print(
            f"  [{colour}]{check.outcome}[/] {escape(check.told)}",
            highlight=False,
        )


def _table(results: Sequence["PointResult"]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("recipe", "point", "verdict", "checks", "size", "seconds", "model"):
        table.add_column(column, overflow="fold")
    for result in results:
        composed, record = result.point.composed, result.record
        if record is None:
            ended = "[yellow]pruned" if isinstance(result.error, Pruned) else "[red]stopped"
            table.add_row(composed.name, result.point.name, f"{ended}[/]")
            continue
        made = len(record.checks) - len(record.skipped_checks)
        passed = sum(check.outcome is Outcome.PASSED for check in record.checks)
        table.add_row(
            record.recipe,
            record.point,
            f"[{_COLOURS[record.verdict]}]{record.verdict}[/]",
            f"{passed}/{made}",
            size(record.model_bytes),
            "kept" if result.kept else f"{sum(step.seconds for step in record.steps):.1f}",
            str(result.point.folder / "model") if record.model else "",
        )
    return table
