"""``lock``: what a recipe stands for, pinned in a file beside it."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.cli.options import add_config_dir, add_output
from runner.errors import Exit, RunnerError
from runner.wording import counted

if TYPE_CHECKING:
    from runner.locks.check import Checked
    from runner.locks.drift import Drift
    from runner.recipe.composing.composed import Composed
    from runner.work.lock import Locked

SUMMARY = "pin what recipes stand for: commits, files, packages, signature"

EPILOG = """\
example:
  python -m runner lock recipes/qa/squad.yaml

  recipes/qa/squad.lock.yaml: written

in CI, and to move on purpose:
  python -m runner lock --check
  python -m runner lock --upgrade qa/squad

  Without a recipe, every one of ./recipes. --check ends with exit code 1 where something is not as
  locked; the hub is asked where revisions are, unless HF_HUB_OFFLINE is set.
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help="a name, or a recipe file")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="write nothing; say what has moved")
    how.add_argument(
        "--upgrade", action="store_true", help="move to where the revisions are now, and say it"
    )
    parser.add_argument(
        "--packages",
        action="store_true",
        help="with --check: other package versions fail it, and are not just a warning",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where runs left their records; outputs and multirun if absent",
    )
    add_config_dir(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Compose every recipe, and only if all are right lock or check them."""
    composed = _compose(args.recipes, args.config_dir)
    return _check(composed, args) if args.check else _lock(composed, args)


def _compose(names: Sequence[str], config_dirs: Sequence[Path]) -> "list[Composed]":
    from runner.findings import Finding, RecipeError
    from runner.recipe.compose import compose_named

    composed: list[Composed] = []
    findings: list[Finding] = []
    for name in names or _own(config_dirs):
        try:
            composed.append(compose_named(name, config_dirs))
        except RecipeError as error:
            findings.extend(error.findings)
    if findings:
        raise RecipeError(dict.fromkeys(findings))
    return composed


def _own(config_dirs: Sequence[Path]) -> list[str]:
    """Give the recipes that are the user's."""
    from runner.findings import Finding, Place, RecipeError
    from runner.recipe.reading.shelf import names_under, own_roots

    names = sorted({name for root in own_roots(config_dirs) for name in names_under(root)})
    if not names:
        remedy = "Name recipes, or a folder of them with --config-dir."
        message = "There is no recipe in ./recipes."
        raise RecipeError([Finding("missing-recipe", message, remedy, place=Place("command line"))])
    return names


def _check(composed: "list[Composed]", args: Namespace) -> Exit:
    """Compare each recipe with its lock, the others too where one source cannot be asked."""
    from runner.locks.check import check

    checked: list[Checked] = []
    errors: list[RunnerError] = []
    for one in composed:
        try:
            checked.append(check(one))
        except RunnerError as error:
            errors.append(error)
    drifts = [drift for one in checked for drift in one.drifts]
    failing = [drift for drift in drifts if _fails(drift, args)]
    if args.output == "json":
        from runner.cli.documents import as_json

        documents = [_checked_document(one, args) for one in checked]
        sys.stdout.write(as_json({"locks": documents, "errors": [str(e) for e in errors]}))
    else:
        for one in checked:
            sys.stderr.writelines(f"{line}\n" for line in _notes(one))
            sys.stdout.writelines(f"{line}\n" for line in _found(one, args))
        sys.stderr.writelines(_told(error) for error in errors)
        sys.stdout.write(_summary(len(checked), len(failing), len(drifts) - len(failing)))
    worst = max((error.exit for error in errors), default=Exit.DONE)
    return max(worst, Exit.GATE_FAILED if failing else Exit.DONE)


def _fails(drift: "Drift", args: Namespace) -> bool:
    from runner.locks.drift import DriftKind

    return args.packages or drift.kind is not DriftKind.PACKAGE_CHANGED


def _found(checked: "Checked", args: Namespace) -> Iterator[str]:
    from dataclasses import replace

    from runner.findings import Severity

    for drift in checked.drifts:
        severity = Severity.ERROR if _fails(drift, args) else Severity.WARNING
        yield str(replace(drift.finding(checked.file), severity=severity))


def _notes(checked: "Checked") -> Iterator[str]:
    if checked.unasked:
        yield f"{checked.file}: the hub is offline, so {', '.join(checked.unasked)} was not asked"


def _told(error: RunnerError) -> str:
    from runner.findings import RecipeError

    if isinstance(error, RecipeError):
        return f"{error.message}\n"
    return f"error[{error.code}] {error.message} {error.remedy}".rstrip() + "\n"


def _summary(recipes: int, errors: int, warnings: int) -> str:
    counts = [counted(n, what) for n, what in ((errors, "error"), (warnings, "warning")) if n]
    return (
        ", ".join([counted(recipes, "recipe"), *counts]) + ("" if counts else ": as locked") + "\n"
    )


def _checked_document(checked: "Checked", args: Namespace) -> dict[str, Any]:
    return {
        "file": checked.file,
        "unasked": checked.unasked,
        "drift": [_drift_document(d) | {"fails": _fails(d, args)} for d in checked.drifts],
    }


def _drift_document(drift: "Drift") -> dict[str, Any]:
    return {
        "kind": str(drift.kind),
        "subject": drift.subject,
        "was": drift.was,
        "now": drift.now,
        "message": drift.message,
    }


def _lock(composed: "list[Composed]", args: Namespace) -> Exit:
    from runner.cli.console import ConsoleObserver, importing, open_console, quiet

    quiet()
    console = open_console()
    with importing(console):
        from runner.work.lock import lock
    from runner.recipe.reading.strict_yaml import display_name
    from runner.sweeps.points import SINGLE_RUN_FOLDER, SWEEP_FOLDER

    outs = [args.out] if args.out else [Path(SINGLE_RUN_FOLDER), Path(SWEEP_FOLDER)]
    observer = ConsoleObserver(console)
    documents: list[dict[str, Any]] = []
    for one in composed:
        observer.step_started(one.name)
        try:
            locked = lock(one, upgrade=args.upgrade, outs=outs, progress=observer.progress)
        finally:
            observer.stop()
        file = display_name(locked.file)
        documents.append(
            {
                "file": file,
                "written": locked.written,
                "moved": [_drift_document(drift) for drift in locked.moved],
            }
        )
        if args.output == "text":
            sys.stdout.writelines(f"{line}\n" for line in _done(file, locked))
    if args.output == "json":
        from runner.cli.documents import as_json

        sys.stdout.write(as_json({"locks": documents}))
    return Exit.DONE


def _done(file: str, locked: "Locked") -> Iterator[str]:
    yield f"{file}: {'written' if locked.written else 'unchanged'}"
    for drift in locked.moved:
        yield f"  {drift.kind}  {drift}"
