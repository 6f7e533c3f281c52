"""``review``: what changes for those who call the models, between two states of the recipes."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.options import add_config_dir, add_output
from runner.errors import Exit
from runner.files.temporary import temporary_folder

if TYPE_CHECKING:
    from runner.review.review import Review
    from runner.review.sides import Side
    from runner.review.trial import Trial

SUMMARY = "say what differs between two git revisions for those who call the models"

EPILOG = """\
example:
  python -m runner review main

  ## Recipe review: `main` (…) → `working tree`

  **1 breaking** · **1 behaviour** — 1 recipe differs, 12 unchanged.
  …
  | class | field | change | before | after |
  |---|---|---|---|---|
  | **breaking** | `params.temperature` | param removed | `{type: double, default: 0.7}` | – |
  | behaviour | `dtype` | dtype changed: weights take 0.5 × the memory | `float32` | `bfloat16` |

  Markdown for a comment on a pull request; docs/review.md has the classes and their rules.
  BASE alone compares the working tree with where it left BASE; BASE HEAD compares these two.
  Exit code 1 with --fail-on where a change is that grave or graver, 0 otherwise.
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("base", metavar="BASE", help="the revision before: a branch, tag or commit")
    parser.add_argument(
        "head", nargs="?", metavar="HEAD", help="the revision after; the working tree if absent"
    )
    parser.add_argument(
        "--fail-on",
        choices=("breaking", "behaviour", "cost"),
        help="exit with 1 where a change is of this class or a graver one",
    )
    parser.add_argument(
        "--run", action="store_true", help="run what differs on both sides, and compare the answers"
    )
    add_config_dir(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Review, and print it."""
    from runner.cli.documents import write_answer
    from runner.review.document import review_document
    from runner.review.markdown import as_markdown
    from runner.review.review import review, two_sides
    from runner.review.rules import Impact
    from runner.review.severities import read_severities, with_severities

    with two_sides(args.base, args.head, args.config_dir) as sides:
        severities = read_severities(sides[1].tree)
        found = review(*sides)
        trials: dict[str, Trial] = {}
        if args.run:
            found, trials = _run(found, *sides)
    found = with_severities(found, severities)
    write_answer(
        args,
        review_document(found, trials, severities.expired),
        as_markdown(found, trials, severities.expired).removesuffix("\n").split("\n"),
    )
    too_grave = args.fail_on and found.impact.rank <= Impact(args.fail_on).rank
    return Exit.GATE_FAILED if too_grave else Exit.DONE


def _run(found: "Review", before: "Side", after: "Side") -> "tuple[Review, dict[str, Trial]]":
    from runner.cli.session import session

    with session() as at:
        with at.importing():
            from runner.review.trial import runnable, try_all
        with runnable(before) as old, runnable(after) as new, temporary_folder("review") as out:
            return try_all(found, old, new, Path(out), at.observer)
