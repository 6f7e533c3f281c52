"""``clean``: deletes what runs have left, by rule."""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.cli.options import add_output
from runner.errors import Exit, RunnerError, WrongInput
from runner.wording import counted, size

if TYPE_CHECKING:
    from runner.kept.listing import Kept

SUMMARY = "delete what runs have left, by rule; only says what it would delete without --yes"

EPILOG = """\
example:
  python -m runner clean --failed --older 30d

  nothing to delete

  What every rule that is given holds for is deleted, its run in MLflow too: a run of MLflow is only
  marked as deleted, and one whose model is registered is left. What runs or was promoted stays.
"""
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGE = re.compile(r"(\d+)\s*(min|h|d|w)")


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="FOLDER",
        help="where to look; outputs and multirun if absent",
    )
    parser.add_argument(
        "--keep", type=_count, metavar="N", help="all but the newest N of each recipe"
    )
    parser.add_argument(
        "--per", choices=("recipe", "point"), default="recipe", help="what --keep counts by"
    )
    parser.add_argument("--failed", action="store_true", help="what failed or never ended")
    parser.add_argument("--older", type=_age, metavar="30d", help="what started longer ago")
    parser.add_argument("--yes", action="store_true", help="do it")
    add_output(parser)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"`{text}` is no number of runs")
    return int(text)


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text)
    if found is None:
        raise ArgumentTypeError(f"`{text}` is no age: write 30d, 12h, 90min or 2w")
    try:
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        raise ArgumentTypeError(f"`{text}` is longer than anybody remembers") from None


def execute(args: Namespace) -> Exit:
    """Choose, and with ``--yes`` delete."""
    from runner.cli.documents import write_answer
    from runner.cli.kept import run_document
    from runner.kept.cleaning import Rule, chosen
    from runner.kept.listing import listed

    if args.keep is None and not args.failed and args.older is None:
        message = "Nothing says what to delete."
        raise WrongInput("missing-rule", message, "Give --keep, --failed, --older, or several.")
    rule, now = Rule(args.keep, args.per, args.failed, args.older), datetime.now(UTC)
    runs = chosen(listed(args.paths), rule, now)
    lines, errors = _deleted(runs) if args.yes else (_said(runs, now), [])
    document: dict[str, Any] = {
        "deleted": args.yes,
        "runs": [run_document(run, now) for run in runs],
        "said": lines,
        "errors": [f"{error.code}: {error.sentences}" for error in errors],
    }
    write_answer(args, document, [*lines, *document["errors"]])
    return max((error.exit for error in errors), default=Exit.DONE)


def _said(runs: "list[Kept]", now: datetime) -> list[str]:
    from runner.cli.kept import run_line
    from runner.kept.listing import on_disk

    if not runs:
        return ["nothing to delete"]
    lines = [f"would delete {run_line(run, now)}" for run in runs]
    return [*lines, f"{counted(len(runs), 'run')}, {size(on_disk(runs))}; --yes does it"]


def _deleted(runs: "list[Kept]") -> tuple[list[str], list[RunnerError]]:
    """Delete runs; one that cannot be does not keep the others."""
    from runner.kept.cleaning import delete
    from runner.process import undisturbed

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
    return lines or ["nothing was deleted"], errors
