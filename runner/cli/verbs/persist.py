"""``persist``: the weights into a model that only references them."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from runner.cli.options import add_model, add_output, tracking_uri
from runner.errors import Exit
from runner.text.wording import size

SUMMARY = "put the weights into a model that references them, or that has an adapter alone"

EPILOG = """\
example:
  python -m runner persist outputs/text-generation/scratch/default/model

  outputs/text-generation/scratch/default/model: its weights are there already
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_model(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Persist, and say what was done."""
    from runner.cli.documents import write_answer
    from runner.cli.session import session

    with session() as at:
        with at.importing():
            from runner.work.persist import persist
        with at.step("persist"):
            done = persist(args.model, tracking_uri(args), at.observer.progress)
    there = done.how == "already there"
    what = (
        "its weights are there already" if there else f"{size(done.bytes)} of weights, {done.how}"
    )
    write_answer(args, {"model": args.model, **asdict(done)}, [f"{args.model}: {what}"])
    return Exit.DONE
