"""Files of the recipe's repository that go into the model are there, and take nobody's place."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from runner.findings import Finding
from runner.recipe.composing.beside import Beside, card_of, code_of
from runner.recipe.judging.checks import Subject

_OURS = "recipe_pyfunc"


def check(subject: Subject) -> Iterator[Finding]:
    """Find paths that lead nowhere or out of the repository, and modules that hide others."""
    card = card_of(subject.recipe, subject.folder_of)
    code = list(code_of(subject.recipe, subject.folder_of))
    for one in (*([card] if card else ()), *code):
        if not one.path.exists():
            message = f"{one.path} does not exist."
            yield Finding("beside-missing", message, "Name a file of the repository.", one.loc)
        elif not one.is_inside:
            message = f"`{one.written}` leads out of the recipe's repository, or holds a link."
            remedy = "Copy what belongs to the model into the repository."
            yield Finding("beside-outside", message, remedy, one.loc)
    names: set[str] = set()
    for one in code:
        if why := _taken(one, names):
            message = f"`{one.written}` would be the module {one.path.stem}, which {why}."
            yield Finding("code-name", message, "Give it a name of its own.", one.loc)
        names.add(one.path.stem)


def _taken(one: Beside, names: set[str]) -> str:
    """Say whose place a module would take; nothing where it is free."""
    name = one.path.stem
    if name in names:
        return "another path is already"
    if name.startswith(_OURS):
        return "is the inference code that ships in every model"
    if name in sys.stdlib_module_names:
        return "is of Python itself"
    if not name.isidentifier():
        return ""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return ""
    origins = [spec.origin, *(spec.submodule_search_locations or ())] if spec else []
    places = [Path(origin) for origin in origins if origin]
    elsewhere = any(not place.is_relative_to(one.root) for place in places)
    return "an installed package has" if elsewhere else ""
