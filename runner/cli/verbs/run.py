"""``run``: one recipe, or a sweep of it, into saved, signed and proven MLflow models."""

import sys
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from runner.cli.options import (
    add_config_dir,
    add_multirun,
    add_output,
    add_overrides,
    add_standing,
    add_update_golden,
    add_wait,
)
from runner.errors import Exit
from runner.machine.garbage import garbage_left_lying

if TYPE_CHECKING:
    from runner.sweeps.run_all import PointResult

SUMMARY = "package a recipe: resolve, load, sign, save, prove, log (the default verb)"

EPILOG = """\
example:
  python -m runner +recipe=text-generation/scratch dtype=bfloat16

  text-generation/scratch dtype=bfloat16
    ✓ resolve     2.07 s            gpt2 (random weights, seed 0)
    ✓ load        0.05 s            headers only
    ✓ sign        0.00 s
    ✓ save        0.06 s    309 kB  cast from float32 in a stream
    ✓ prove       0.98 s            native and pyfunc, held to the source
    ✓ log         0.83 s            model stored by hardlink
  recipe                   point           verdict  checks  size    seconds  model
  text-generation/scratch  dtype=bfloat16  passed   11/11   309 kB  4.0      outputs/…

sweep, and where things go:
  python -m runner -m +recipe=text-generation/scratch dtype=float32,bfloat16
  python -m runner -m +sweep=text-generation/precision
  out=DIR  tracking.uri=URI|null  device=auto|cpu|cuda:0
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_overrides(parser)
    add_multirun(parser)
    add_standing(parser)
    parser.add_argument(
        "--locked",
        action="store_true",
        help="only what the recipes' locks say; refuse if anything moved",
    )
    parser.add_argument(
        "--rerun", action="store_true", help="run points that are done, too, every step of them"
    )
    parser.add_argument(
        "--only", choices=["failed"], help="of the points, those whose last run failed"
    )
    parser.add_argument(
        "--fail-fast", action="store_true", help="run no further point after one that failed"
    )
    add_wait(parser)
    add_update_golden(parser)
    add_config_dir(parser)
    add_output(parser)
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="let the libraries log and warn"
    )


def execute(args: Namespace) -> Exit:
    """Compose every point, and only if all are right run those that are not done."""
    from runner.cli.asking import ask, insist_on_golden
    from runner.cli.documents import as_json
    from runner.cli.results import print_point, print_results
    from runner.cli.session import session
    from runner.cli.standing import tell_standing
    from runner.cli.sweeping import run_sweep
    from runner.sweeps.run_all import How, done_before, exit_code, failed_before, run_all

    with ExitStack() as start:
        start.enter_context(garbage_left_lying())
        asked = ask(args, locked=args.locked)
        if args.status or args.cancel:
            return tell_standing(asked, args)
        insist_on_golden(args, asked.points)
        how = How(args.wait or asked.is_sweep, args.update_golden, args.rerun, args.fail_fast)
        points = failed_before(asked.points) if args.only else asked.points
        with session(verbose=args.verbose) as at:
            done = done_before(points, how)
            at.warn(warning for point in points for warning in point.composed.warnings)
            if len(done) < len(points) or asked.searches:
                with at.importing():
                    import_module("runner.work.run")
                start.close()  # what runs makes garbage
            if asked.is_sweep:
                results = run_sweep(asked, points, args, at, how, done)
            else:
                results = run_all(points, at.observer, partial(print_point, at.console), how, done)
            at.observer.stop()
            print_results(at.console, results)
    if args.output == "json":
        documents = [_document(result) for result in results]
        single = not asked.is_sweep and documents
        sys.stdout.write(as_json(documents[0] if single else {"runs": documents}))
    return exit_code(results)


def _document(result: "PointResult") -> dict[str, Any]:
    """Give the record of a point, or of one that stopped early what is known of it."""
    if result.record is not None:
        return result.record.model_dump(mode="json")
    told = {key: str(getattr(result.error, key, "")) for key in ("code", "message", "remedy")}
    return {"recipe": result.point.composed.name, "point": result.point.name, "error": told}
