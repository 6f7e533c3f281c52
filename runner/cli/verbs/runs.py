"""``runs``: what lies in the output folders."""

import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from runner.cli.options import add_output, add_outputs
from runner.errors import Exit
from runner.text.wording import counted, size

SUMMARY = "list what runs have left: recipe, point, age, size, verdict, MLflow run"

EPILOG = """\
example:
  python -m runner runs

  recipe                     point    age    size      verdict  MLflow run  folder
  text-classification/gated  default  3 min  472.6 kB  passed               outputs/text-classif…
  1 run, 472.6 kB on disk
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_outputs(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """List, and print it."""
    from runner.cli.console import open_console
    from runner.cli.documents import as_json
    from runner.cli.kept import print_runs, run_document, tell_unreadable
    from runner.kept.listing import listed, on_disk

    found, now = listed(args.paths), datetime.now(UTC)
    runs, total = found.runs, on_disk(found.runs)
    if args.output == "json":
        documents = [run_document(run, now) for run in runs]
        document = {"runs": documents, "bytes_on_disk": total, "unreadable": found.unreadable}
        sys.stdout.write(as_json(document))
        return Exit.DONE
    if runs:
        print_runs(open_console(), runs, now)
    sys.stderr.write(f"{counted(len(runs), 'run')}, {size(total)} on disk\n")
    tell_unreadable(found.unreadable)
    return Exit.DONE
