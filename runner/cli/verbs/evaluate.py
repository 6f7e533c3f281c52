"""``evaluate``: the evaluation of a recipe on a model that is packaged already."""

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from runner.cli.options import add_config_dir, add_output, add_overrides, add_update_golden
from runner.errors import Exit

if TYPE_CHECKING:
    from runner.evaluation.proof import Proof

SUMMARY = "evaluate a packaged model, whoever made it: metrics on data, gates, the proof"

EPILOG = """\
example:
  python -m runner evaluate outputs/text-classification/gated/default/model \
+recipe=text-classification/gated

  rows of the recipe: 4 rows, 4 of them answered before
   metric    value  interval      rows
   accuracy  0.5    0.15 to 0.85  4
   gate        must be     is       interval            verdict
   size_bytes  <= 2000000  396,892  396,892 to 396,892  passed

  Exit code 1 where a gate or a check did not pass. Answers are kept: another metric or gate asks
  the model nothing. A recipe without a dataset has its proof run.
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "model", metavar="MODEL_URI", help="models:/name/version, runs:/run/name, or a folder"
    )
    add_overrides(parser)
    add_config_dir(parser)
    add_output(parser)
    add_update_golden(parser)
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="let the libraries log and warn"
    )


def execute(args: Namespace) -> Exit:
    """Compose, evaluate, and say what was found."""
    from runner.cli.asking import ask, insist_on_golden
    from runner.cli.documents import as_json
    from runner.cli.session import session

    point = ask(args).only
    insist_on_golden(args, [point])
    with session(verbose=args.verbose) as at:
        with at.importing():
            from runner.cli.results import print_proof
            from runner.work.evaluate import evaluate
        at.warn(point.composed.warnings)
        with at.step("evaluate"):
            progress = at.observer.progress
            golden = args.update_golden
            found = evaluate(
                args.model, point.composed, point.folder, progress, update_golden=golden
            )
        print_proof(at.console, found)
    if args.output == "json":
        sys.stdout.write(as_json(_document(args.model, found)))
    return Exit.DONE if found.verdict.stands else Exit.GATE_FAILED


def _document(model: str, found: "Proof") -> dict[str, Any]:
    return {
        "model": model,
        "verdict": found.verdict.value,
        "checks": [check.model_dump(mode="json") for check in found.checks],
        "metrics": found.metrics,
        "evaluation": found.evaluation.model_dump(mode="json") if found.evaluation else None,
        "reports": found.reports,
    }
