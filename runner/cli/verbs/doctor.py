"""``doctor``: what on this machine would stop recipes from running."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from runner.cli.options import add_config_dir, add_output
from runner.errors import Exit

if TYPE_CHECKING:
    from runner.doctor.diagnosis import Needs, Result

SUMMARY = "say what on this machine would stop recipes from running, and what to do"

EPILOG = """\
example:
  python -m runner doctor text-generation/scratch device=cpu

  ✓ device    CPU, 2 threads
  ✓ disk      63.9 GB free for models in outputs
  - ffmpeg    no recipe takes recordings
  - hub       no recipe takes anything from a hub
  ✓ memory    20.1 GB free: a float32 model of 4.8 billion parameters
  ✓ packages  mlflow 3.17.2, transformers 4.57.6, torch 2.13.0
  ✓ recipes   1 recipe, nothing missing
  ✓ tracking  sqlite:///mlflow.db
  ✓ upstream  38 private interfaces of huggingface_hub, hydra-core, mlflow, transformers hold

  Without a recipe, for every known one. Exit code 3 where something would stop a run.
"""

_SIGNS = {"ok": "✓", "not needed": "-", "warning": "!", "problem": "✗"}


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "words", nargs="*", metavar="RECIPE|SETTING", help="names of recipes; out=DIR and the like"
    )
    add_config_dir(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Find the recipes, check, and print what was found."""
    needs = _needs(args)
    from runner.cli.documents import write_answer
    from runner.cli.session import session

    with session():
        from runner.doctor.diagnosis import Status, diagnose

        found = diagnose(needs)
    width = max(map(len, found))
    checks = {name: [vars(result) for result in results] for name, results in found.items()}
    write_answer(
        args,
        {"recipes": [recipe.name for recipe in needs.recipes], "checks": checks},
        (_line(name, width, result) for name, results in found.items() for result in results),
    )
    stops = any(result.status is Status.PROBLEM for results in found.values() for result in results)
    return Exit.OUTSIDE_FAILED if stops else Exit.DONE


def _line(name: str, width: int, result: "Result") -> str:
    remedy = f". {result.remedy}" if result.remedy else ""
    return f"{_SIGNS[result.status]} {name:<{width}}  {result.message}{remedy}"


def _needs(args: Namespace) -> "Needs":
    from runner.cli.named import named
    from runner.doctor.diagnosis import Needs
    from runner.findings import Place, RecipeError
    from runner.recipe.compose import compose
    from runner.recipe.language.settings import RunSettings
    from runner.recipe.library import list_recipes
    from runner.recipe.reading.shelf import open_shelf, unknown_recipe

    overrides = [word for word in args.words if "=" in word and not word.startswith("+recipe=")]
    names = named([word for word in args.words if word not in overrides], "doctor")
    recipes = {recipe.name: recipe for recipe in list_recipes(args.config_dir)}
    shelf, typed = open_shelf(args.config_dir), Place("command line")
    if unknown := [unknown_recipe(shelf, name).at(typed) for name in names if name not in recipes]:
        raise RecipeError(unknown)
    chosen = [recipes[name] for name in names] if names else list(recipes.values())
    right = next((recipe.name for recipe in recipes.values() if not recipe.errors), "")
    settings = RunSettings()
    if right:
        settings = compose([f"+recipe={right}", *overrides], args.config_dir).settings
    return Needs(chosen, settings)
