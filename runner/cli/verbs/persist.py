"""``persist``: the weights into a model that only references them."""

import os
from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from runner.cli.options import add_output
from runner.errors import Exit
from runner.wording import size

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
    from runner.cli.documents import write_answer
    from runner.cli.session import session
    from runner.recipe.language.settings import DEFAULT_TRACKING_URI

    uri = args.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_TRACKING_URI
    with session() as at:
        with at.importing():
            from runner.work.persist import persist
        with at.step("persist"):
            done = persist(args.model, uri, at.observer.progress)
    there = done.how == "already there"
    what = (
        "its weights are there already" if there else f"{size(done.bytes)} of weights, {done.how}"
    )
    write_answer(args, {"model": args.model, **asdict(done)}, [f"{args.model}: {what}"])
    return Exit.DONE
