"""``new``: a recipe to begin with."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from runner.errors import Exit, WrongInput

SUMMARY = "write a recipe to begin with, one that validates"

EPILOG = """\
example:
  python -m runner new fill-mask mine

  recipes/fill-mask/mine.yaml
  recipes/recipe.schema.json
  Next: python -m runner +recipe=fill-mask/mine

  Random weights where no source is named; those of a repository with --repo, of a folder with
  --path. A path is relative to where you are. The schema is for editors; one that is there stays.

  Labelled rows come with --data reviews.csv --target label --gate "accuracy >= 0.9".
"""

_PREFIX = "source_"


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments: among them, what the kinds of source say of themselves."""
    from runner.recipe.named_source import options
    from runner.sources import all_kinds

    parser.add_argument("task", metavar="TASK", help="such as text-generation; `ls` shows all")
    parser.add_argument("name", metavar="NAME", help="of the recipe: recipes/TASK/NAME.yaml")
    kinds = tuple(all_kinds())
    parser.add_argument(
        "--source", choices=kinds, help="kind of source; told from the rest if absent"
    )
    for field, meaning in options().items():
        dest, help = f"{_PREFIX}{field}", meaning.replace("%", "%%")
        parser.add_argument(f"--{field}", dest=dest, metavar="TEXT", help=help)
    parser.add_argument("--data", metavar="FILE", help="labelled rows that it is measured on")
    parser.add_argument("--target", default="label", help="their column with what is right")
    parser.add_argument(
        "--gate",
        action="append",
        default=[],
        metavar="'METRIC >= X'",
        help="what must hold on them",
    )


def execute(args: Namespace) -> Exit:
    """Write the file; one that is there is never replaced."""
    from runner.recipe.labelled_rows import Rows
    from runner.recipe.named_source import options
    from runner.recipe.scaffold import scaffold

    said = {field: getattr(args, f"{_PREFIX}{field}") for field in options()}
    given = {field: value for field, value in said.items() if value is not None}
    if args.data is None and args.gate:
        remedy = "Name their file with --data."
        raise WrongInput("no-dataset", "A gate is about rows, and there are none.", remedy)
    rows = Rows(args.data, args.target, args.gate) if args.data else None
    made = scaffold(args.task, args.name, Path("recipes"), args.source, given, rows)
    lines = [made.recipe, *([made.schema] if made.schema_written else [])]
    sys.stdout.writelines(f"{file}\n" for file in lines)
    sys.stdout.write(
        f"Next: python -m runner +recipe={made.recipe.parent.name}/{made.recipe.stem}\n"
    )
    if not made.schema_current:
        remedy = f"`schema > {made.schema}` writes this version's."
        sys.stderr.write(f"{made.schema} is another and was left as it is: {remedy}\n")
    return Exit.DONE
