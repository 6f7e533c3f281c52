"""``lock``: what a recipe stands for, pinned in a file beside it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.cli.options import add_config_dir, add_output
from runner.errors import Exit

if TYPE_CHECKING:
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
    parser.add_argument(
        "recipes",
        nargs="*",
        metavar="RECIPE",
        help="a name, a file, or +sweep=NAME",
    )
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
    from runner.cli.named import named
    from runner.cli.swept import with_sweeps
    from runner.recipe.compose import compose_all, naming

    names = with_sweeps(named(args.recipes, "lock"), args.config_dir) or _own(args.config_dir)
    composed = compose_all(([naming(name)] for name in names), args.config_dir)
    if args.check:
        from runner.cli.drifts import report_drift

        return report_drift(composed, args)
    return _lock(composed, args)


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


def _lock(composed: "list[Composed]", args: Namespace) -> Exit:
    from runner.cli.documents import write_answer
    from runner.cli.session import session

    done: list[Locked] = []
    with session() as at:
        with at.importing():
            from runner.sweeps.points import SINGLE_RUN_FOLDER, SWEEP_FOLDER
            from runner.work.lock import lock
        outs = [args.out] if args.out else [Path(SINGLE_RUN_FOLDER), Path(SWEEP_FOLDER)]
        for one in composed:
            with at.step(one.name):
                locked = lock(one, upgrade=args.upgrade, outs=outs, progress=at.observer.progress)
            done.append(locked)
    lines = [line for locked in done for line in _done(locked)]
    write_answer(args, {"locks": [_document(locked) for locked in done]}, lines)
    return Exit.DONE


def _document(locked: "Locked") -> dict[str, Any]:
    from runner.cli.drifts import drift_document
    from runner.recipe.reading.strict_yaml import display_name

    moved = [drift_document(drift) for drift in locked.moved]
    return {"file": display_name(locked.file), "written": locked.written, "moved": moved}


def _done(locked: "Locked") -> Iterator[str]:
    from runner.recipe.reading.strict_yaml import display_name

    yield f"{display_name(locked.file)}: {'written' if locked.written else 'unchanged'}"
    yield from (f"  {drift.kind}  {drift}" for drift in locked.moved)
