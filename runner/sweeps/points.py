"""Points: a composed recipe each, with a name that is a folder."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.recipe.composing.composed import Composed

SINGLE_RUN_FOLDER = "outputs"
SWEEP_FOLDER = "multirun"
_DEFAULT = "default"
_LONGEST = 100
_DIGITS = 12
_UNKEPT = re.compile(r"[^A-Za-z0-9_.=+-]")
_LIKE_HASHED = re.compile(rf"-[0-9a-f]{{{_DIGITS}}}$")


@dataclass(frozen=True)
class Point:
    """One run of a sweep.

    Args:
        name: ``dtype=float32,params.max_new_tokens=4``, made from the overrides; ``default``
            without any.
        composed: The composed recipe.
        folder: Where it leaves what it makes: ``<out>/<recipe>/<point>``.
    """

    name: str
    composed: Composed
    folder: Path


def points(composed: Sequence[Composed], *, sweep: bool) -> list[Point]:
    """Name each composed recipe and give it a folder.

    Args:
        composed: The composed recipes.
        sweep: Whether they are a sweep, whose default folder is another.
    """
    default = SWEEP_FOLDER if sweep else SINGLE_RUN_FOLDER
    return [
        Point(name, one, Path(one.settings.out or default) / one.name / name)
        for one in composed
        for name in [point_name(one.overrides)]
    ]


def point_name(overrides: Sequence[str]) -> str:
    """Make a folder name of overrides: readable, and another one for other overrides.

    Args:
        overrides: Recipe overrides such as ``source.repo=org/model``.

    Returns:
        The overrides as they are where every file system keeps them apart; else what can be kept
        of them, and a hash.
    """
    if not overrides:
        return _DEFAULT
    text = ",".join(_UNKEPT.sub("-", override.replace("/", "--")) for override in overrides)
    plain = text == ",".join(overrides) == text.lower()
    if plain and len(text) <= _LONGEST and not _LIKE_HASHED.search(text):
        return text
    whole = hashlib.sha256("\0".join(overrides).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[:_LONGEST]}-{whole[:_DIGITS]}"
