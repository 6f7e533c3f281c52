"""What ``lock --check`` says: what is not as locked, and what could not be checked."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from runner.cli.documents import write_answer
from runner.errors import Exit, RunnerError
from runner.findings import RecipeError, Severity
from runner.locks.check import Checked, check
from runner.locks.drift import Drift, DriftKind
from runner.recipe.composing.composed import Composed
from runner.text.wording import counted


def report_drift(composed: Sequence[Composed], args: Namespace) -> Exit:
    """Compare each recipe with its lock, the others too where one cannot be compared.

    Args:
        composed: The recipes.
        args: The arguments of ``lock``.
    """
    checked: list[Checked] = []
    errors: list[RunnerError] = []
    for one in composed:
        try:
            checked.append(check(one))
        except RunnerError as error:
            errors.append(error)
    failing = [drift for one in checked for drift in one.drifts if _fails(drift, args)]
    if args.output == "text":
        sys.stderr.writelines(f"{line}\n" for one in checked for line in _notes(one))
    documents = [_document(one, args) for one in checked]
    write_answer(
        args,
        {"locks": documents, "errors": [str(error) for error in errors]},
        _lines(checked, errors, args),
    )
    if args.output == "text":
        sys.stderr.writelines(f"{_told(error)}\n" for error in errors)
    worst = max((error.exit for error in errors), default=Exit.DONE)
    return max(worst, Exit.GATE_FAILED if failing else Exit.DONE)


def drift_document(drift: Drift) -> dict[str, Any]:
    """Give a drift as plain values.

    Args:
        drift: The drift.
    """
    return {
        "kind": str(drift.kind),
        "subject": drift.subject,
        "was": drift.was,
        "now": drift.now,
        "message": drift.message,
    }


def _fails(drift: Drift, args: Namespace) -> bool:
    return args.packages or drift.kind is not DriftKind.PACKAGE_CHANGED


def _lines(
    checked: Sequence[Checked], errors: Sequence[RunnerError], args: Namespace
) -> Iterator[str]:
    counts = {"error": 0, "warning": 0}
    for one in checked:
        for drift in one.drifts:
            severity = Severity.ERROR if _fails(drift, args) else Severity.WARNING
            counts[severity] += 1
            yield str(replace(drift.finding(one.file), severity=severity))
    said = [counted(number, what) for what, number in counts.items() if number]
    said += [f"{len(errors)} not checked"] if errors else []
    recipes = counted(len(checked) + len(errors), "recipe")
    yield ", ".join([recipes, *said]) if said else f"{recipes}: as locked"


def _notes(checked: Checked) -> Iterator[str]:
    if checked.unasked:
        yield f"{checked.file}: the hub is offline, so {', '.join(checked.unasked)} was not asked"


def _told(error: RunnerError) -> str:
    if isinstance(error, RecipeError):
        return error.message
    return error.told


def _document(checked: Checked, args: Namespace) -> dict[str, Any]:
    return {
        "file": checked.file,
        "unasked": checked.unasked,
        "drift": [drift_document(d) | {"fails": _fails(d, args)} for d in checked.drifts],
    }
