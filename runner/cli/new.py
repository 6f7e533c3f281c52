"""``new``: a recipe to begin with."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from runner.errors import Exit

SUMMARY = "write a recipe to begin with, one that validates"

EPILOG = """\
example:
  python -m runner new fill-mask mine

  recipes/fill-mask/mine.yaml
  Next: python -m runner +recipe=fill-mask/mine

  Random weights where no source is named; with --source hub --repo org/name those of a model.
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("task", metavar="TASK", help="such as text-generation; `ls` shows all")
    parser.add_argument("name", metavar="NAME", help="of the recipe: recipes/TASK/NAME.yaml")
    kinds = ("scratch", "hub", "local")
    parser.add_argument("--source", choices=kinds, help="kind of source; scratch if absent")
    parser.add_argument("--repo", metavar="ORG/NAME", help="the repository, for hub")
    parser.add_argument("--path", metavar="DIR", help="the checkpoint folder, for local")


def execute(args: Namespace) -> Exit:
    """Write the file; one that is there is never replaced."""
    from runner.recipe.scaffold import scaffold, source_of

    source = source_of(args.source, args.repo, args.path)
    file = scaffold(args.task, args.name, source, Path("recipes"))
    sys.stdout.write(f"{file}\nNext: python -m runner +recipe={file.parent.name}/{args.name}\n")
    return Exit.DONE
