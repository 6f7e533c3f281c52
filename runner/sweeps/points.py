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
    """Make a folder name of overrides: no slash, no surprise, not too long for a file system.

    Args:
        overrides: Recipe overrides such as ``source.repo=org/model``.
    """
    text = ",".join(re.sub(r"[^\w.=+-]", "-", o.replace("/", "--")) for o in overrides)
    if len(text) <= _LONGEST:
        return text or _DEFAULT
    return f"{text[:_LONGEST]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
