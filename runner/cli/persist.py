"""``persist``: the weights into a model that only references them."""

import os
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from runner.cli.options import add_output
from runner.errors import Exit

SUMMARY = "put the weights into a model that references them, or that has an adapter alone"

EPILOG = """\
example:
  python -m runner persist outputs/text-generation/scratch/default/model

  outputs/text-generation/scratch/default/model: its weights are there already
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "model", metavar="MODEL_URI", help="models:/name/version, runs:/run/name, or a folder"
    )
    parser.add_argument(
        "--tracking-uri", metavar="URI", help="of the MLflow server; MLFLOW_TRACKING_URI if absent"
    )
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Persist, and say what was done."""
    from runner.cli.console import ConsoleObserver, open_console, quiet
    from runner.recipe.language.settings import DEFAULT_TRACKING_URI

    quiet()
    from runner.libraries import spare_unused_imports

    spare_unused_imports()
    from runner.work.persist import persist

    uri = args.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_TRACKING_URI
    observer = ConsoleObserver(open_console())
    observer.step_started("persist")
    try:
        done = persist(args.model, uri, observer.progress)
    finally:
        observer.stop()
    if args.output == "json":
        from runner.cli.documents import as_json

        sys.stdout.write(as_json({"model": args.model, **asdict(done)}))
    elif done.how == "already there":
        sys.stdout.write(f"{args.model}: its weights are there already\n")
    else:
        sys.stdout.write(f"{args.model}: {done.bytes / 1e6:.1f} MB of weights, {done.how}\n")
    return Exit.DONE
