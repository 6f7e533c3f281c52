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
    from runner.cli.kept import print_runs, run_document
    from runner.kept.listing import listed, on_disk

    found, now = listed(args.paths), datetime.now(UTC)
    total = on_disk(found)
    if args.output == "json":
        runs = [run_document(run, now) for run in found]
        sys.stdout.write(as_json({"runs": runs, "bytes_on_disk": total}))
        return Exit.DONE
    if found:
        print_runs(open_console(), found, now)
    sys.stderr.write(f"{counted(len(found), 'run')}, {size(total)} on disk\n")
    return Exit.DONE
