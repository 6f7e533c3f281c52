"""``schema``: the recipe language as JSON Schema."""

import sys
from argparse import ArgumentParser, Namespace

from runner.errors import Exit

SUMMARY = "print the JSON Schema of recipes or of sweep files, for editors"

EPILOG = """\
example:
  python -m runner schema

  {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    …

  An editor that speaks YAML takes it from the first line of a recipe:
    # yaml-language-server: $schema=recipe.schema.json
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "what", nargs="?", choices=("recipe", "sweep"), default="recipe", help="what it is of"
    )


def execute(args: Namespace) -> Exit:
    """Print it."""
    from runner.cli.documents import as_json
    from runner.recipe.language.json_schema import recipe_schema, sweep_schema

    sys.stdout.write(as_json(sweep_schema() if args.what == "sweep" else recipe_schema()))
    return Exit.DONE
