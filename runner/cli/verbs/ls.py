"""``ls``: the recipes there are."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from itertools import chain, groupby
from typing import Any

from runner.cli.documents import write_answer
from runner.cli.options import add_config_dir, add_output
from runner.cli.swept import file_document, file_lines
from runner.errors import Exit
from runner.recipe.judging.of_machine import OF_PACKAGES
from runner.recipe.library import Assessed
from runner.recipe.sweeping.files import all_sweeps
from runner.sources import all_kinds, one_line
from runner.tasks import find_task
from runner.tasks.installed import flavors
from runner.text.wording import counted

SUMMARY = "list the recipes by task, and the sweeps: name, source and description"

EPILOG = """\
example:
  python -m runner ls

  fill-mask
    fill-mask/scratch  scratch bert  a tiny random BERT that fills in a masked token, …
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--task", action="append", metavar="TASK", help="only recipes of this task")
    parser.add_argument(
        "--source", action="append", choices=sorted(all_kinds()), help="only this kind of source"
    )
    parser.add_argument(
        "--tag", action="append", metavar="KEY[=VALUE]", help="only recipes with this tag"
    )
    parser.add_argument("--installed", action="store_true", help="only those that can run here")
    parser.add_argument("--names", action="store_true", help="print the names alone, a line each")
    add_config_dir(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """List, the broken recipes included."""
    from runner.recipe.library import list_recipes
    from runner.recipe.scaffold import known_task

    for task in args.task or ():
        known_task(task)
    recipes = [r for r in list_recipes(args.config_dir) if _is_wanted(r, args)]
    narrowed = args.task or args.source or args.tag or args.installed
    sweeps = [] if narrowed else list(all_sweeps(args.config_dir))
    document = {
        "recipes": [_document(recipe) for recipe in recipes],
        "sweeps": [file_document(file) for file in sweeps],
    }
    names = (recipe.name for recipe in recipes)
    lines = names if args.names else chain(_lines(recipes), file_lines(sweeps))
    write_answer(args, document, lines)
    return Exit.DONE


def _is_wanted(recipe: Assessed, args: Namespace) -> bool:
    kind = _source(recipe).partition(" ")[0]
    tracking = recipe.values.get("tracking")
    tags = tracking.get("tags") if isinstance(tracking, dict) else None
    said = {f"{key}={value}" for key, value in tags.items()} if isinstance(tags, dict) else set()
    known = said | {tag.partition("=")[0] for tag in said}
    return (
        (not args.task or recipe.text("task") in args.task)
        and (not args.source or kind in args.source)
        and all(tag in known for tag in args.tag or ())
        and not (args.installed and any(f.code in OF_PACKAGES for f in recipe.findings))
    )


def _document(recipe: Assessed) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "file": str(recipe.file),
        "task": recipe.text("task"),
        "source": _source(recipe),
        "description": recipe.text("description"),
        "flavors": _flavors(recipe),
        "errors": recipe.errors,
    }


def _flavors(recipe: Assessed) -> list[str]:
    """Give the MLflow flavors that the model will have with what is installed."""
    task = find_task(recipe.text("task"))
    extended = recipe.values.get("pyfunc", "extended") == "extended"
    return flavors(task, extended=extended) if task else []


def _lines(recipes: list[Assessed]) -> Iterator[str]:
    by_task = sorted(recipes, key=lambda recipe: (recipe.text("task"), recipe.name))
    names = max((len(recipe.name) for recipe in recipes), default=0)
    sources = max((len(_source(recipe)) for recipe in recipes), default=0)
    for task, group in groupby(by_task, key=lambda recipe: recipe.text("task")):
        yield task or "(no task)"
        for recipe in group:
            columns = f"  {recipe.name:<{names}}  {_source(recipe):<{sources}}  {_about(recipe)}"
            yield columns.rstrip()


def _about(recipe: Assessed) -> str:
    if not recipe.errors:
        only = " (python_function only)" if _flavors(recipe) == ["python_function"] else ""
        return recipe.text("description") + only
    return f"{counted(recipe.errors, 'error')}: see validate {recipe.name}"


def _source(recipe: Assessed) -> str:
    block = recipe.values.get("source")
    return one_line(block) if isinstance(block, dict) else ""
