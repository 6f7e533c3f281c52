"""``clean``: deletes what runs have left, by rule."""

import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.cli.options import add_output, add_outputs
from runner.cli.rules import age_of, count_of
from runner.errors import Exit, RunnerError, WrongInput
from runner.text.visible import on_a_line
from runner.text.wording import counted, size

if TYPE_CHECKING:
    from runner.kept.listing import StoredRun

SUMMARY = "delete what runs have left, by rule; only says what it would delete without --yes"

EPILOG = """\
example:
  python -m runner clean --failed --older 30d

  nothing to delete

  What every rule that is given holds for is deleted, its run in MLflow too: a run of MLflow is only
  marked as deleted, and one whose model is registered is left. What runs or was promoted stays.
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_outputs(parser)
    parser.add_argument(
        "--keep", type=count_of, metavar="N", help="all but the newest N of each recipe"
    )
    parser.add_argument(
        "--per", choices=("recipe", "point"), default="recipe", help="what --keep counts by"
    )
    parser.add_argument("--failed", action="store_true", help="what failed or never ended")
    parser.add_argument("--older", type=age_of, metavar="30d", help="what started longer ago")
    parser.add_argument("--yes", action="store_true", help="do it")
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Choose, and with ``--yes`` delete."""
    from runner.cli.documents import write_answer
    from runner.cli.kept import run_document, tell_unreadable
    from runner.kept.cleaning import Rule, chosen
    from runner.kept.listing import listed
    from runner.kept.weights import outs_of

    if args.keep is None and not args.failed and args.older is None:
        message = "Nothing says what to delete."
        raise WrongInput("missing-rule", message, "Give --keep, --failed, --older, or several.")
    rule, now = Rule(args.keep, args.per, args.failed, args.older), datetime.now(UTC)
    found = listed(args.paths)
    runs, outs = chosen(found.runs, rule, now), outs_of(args.paths, found.runs)
    lines, errors = _deleted(runs, outs) if args.yes else (_said(runs, outs, now), [])
    document: dict[str, Any] = {
        "deleted": args.yes,
        "runs": [run_document(run, now) for run in runs],
        "said": lines,
        "errors": [f"{error.code}: {error.sentences}" for error in errors],
        "unreadable": found.unreadable,
    }
    write_answer(args, document, lines)
    if args.output == "text":
        sys.stderr.writelines(f"{on_a_line(error.told)}\n" for error in errors)
        tell_unreadable(found.unreadable)
    return max((error.exit for error in errors), default=Exit.DONE)


def _said(runs: "list[StoredRun]", outs: list[Path], now: datetime) -> list[str]:
    from runner.cli.kept import run_line, unused_line
    from runner.kept.listing import on_disk
    from runner.kept.weights import unused_in

    lines = [f"would delete {run_line(run, now)}" for run in runs]
    lines += [f"would delete {unused_line(entry)}" for entry in unused_in(outs)]
    if not lines:
        return ["nothing to delete"]
    return [*lines, f"{counted(len(runs), 'run')}, {size(on_disk(runs))}; --yes does it"]


def _deleted(runs: "list[StoredRun]", outs: list[Path]) -> tuple[list[str], list[RunnerError]]:
    """Delete runs, then what none uses; one that cannot be deleted does not keep the others."""
    from runner.cli.kept import unused_line
    from runner.kept.cleaning import delete, forget_killed
    from runner.kept.weights import unused_in
    from runner.machine.process import undisturbed

    lines: list[str] = []
    errors: list[RunnerError] = []
    with undisturbed(verbose=False):
        for run in runs:
            try:
                said = delete(run)
            except RunnerError as error:
                errors.append(error)
            else:
                lines += [f"deleted {run.folder}", *(f"  {line}" for line in said)]
        for out in outs:
            forget_killed(out)
        gone = [entry for entry in unused_in(outs) if entry.remove()]
        lines += [f"deleted {unused_line(entry)}" for entry in gone]
    return lines or ["nothing was deleted"], errors
