"""The model types of the installed transformers, read from its syntax trees.

Seen in the sources of transformers 4.57.0 and 5.23.0.
"""

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from runner.upstream.errors import Moved
from runner.upstream.interface import Interface

_LISTING = Interface(
    "transformers",
    "4.57.0 to 5.23.0",
    "transformers.models.auto.configuration_auto",
    "CONFIG_MAPPING_NAMES",
)
_FILES = ("configuration_auto.py", "auto_mappings.py")
"""The second is of transformers 5 alone."""


@cache
def model_types() -> frozenset[str]:
    """Give the model types that transformers lists, without importing it.

    Raises:
        Moved: They are not where they were.
    """
    spec = importlib.util.find_spec(_LISTING.library)
    if spec is None or spec.origin is None:
        raise _LISTING.moved("is not installed")
    folder = Path(spec.origin).parent / "models" / "auto"
    files = [folder / name for name in _FILES if (folder / name).is_file()]
    if found := frozenset(name for file in files for name in _listed(file)):
        return found
    raise _LISTING.moved("lists no model type")


def problems() -> Iterator[str]:
    """Say what broke of the reading."""
    try:
        model_types()
    except Moved as error:
        yield error.message


def _listed(file: Path) -> Iterator[str]:
    """Give the keys of whatever a statement of a module puts into the listing."""
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                ours = name == _LISTING.name
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name))) as call):
                ours = name == _LISTING.name
            case _:
                continue
        if ours:
            yield from _keys(call)


def _keys(call: ast.Call) -> Iterator[str]:
    for node in ast.walk(call):
        match node:
            case ast.Tuple(elts=[ast.Constant(value=str(key)), ast.Constant(value=str())]):
                yield key
            case ast.Dict(keys=keys):
                yield from (
                    key.value
                    for key in keys
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                )
            case _:
                pass
