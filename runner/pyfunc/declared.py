"""Files of JSON in which a checkpoint declares something, read as what they have to be."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Undeclared(ValueError):
    """A declaration says something that is not known here, or cannot be read."""


def read_json(file: Path, kind: type[Any]) -> Any:
    """Read a file.

    Args:
        file: The file.
        kind: ``dict`` or ``list``, which it has to hold.

    Raises:
        Undeclared: It cannot be read, or holds something else.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Undeclared(f"{file.name} cannot be read: {error}") from error
    if not isinstance(found, kind):
        raise Undeclared(f"{file.name} is no {'list' if kind is list else 'mapping'}")
    return found


def insist_on_kinds(file: str, said: Mapping[str, Any], kinds: Mapping[str, Any]) -> None:
    """See that what a file says is of the kind that it has to be, and numbers above 0.

    Args:
        file: Its name.
        said: What it says; a null is as if it said nothing.
        kinds: The kind of each value, by its name.

    Raises:
        Undeclared: A value is of another kind, or a number that counts nothing.
    """
    for name, kind in kinds.items():
        value = said.get(name)
        counts = not isinstance(value, int) or (value > 0 and not isinstance(value, bool))
        if value is not None and not (isinstance(value, kind) and counts):
            raise Undeclared(f"{file} says {name}: {json.dumps(value)}, which cannot be")
