"""Points: a composed recipe each, with a name that is a folder."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.findings import Finding, RecipeError
from runner.recipe.composing.composed import Composed
from runner.recipe.composing.overrides import COMMAND_LINE, key_of

SINGLE_RUN_FOLDER = "outputs"
SWEEP_FOLDER = "multirun"
_DEFAULT = "default"
_LONGEST = 100
_DIGITS = 16
"""Of the hash: 64 bits, for a million names to differ with all certainty there is."""
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

    @property
    def around(self) -> Path:
        """The folder that holds this point's and those of its recipe's others."""
        return self.folder.parent


def points(composed: Sequence[Composed], *, sweep: bool) -> list[Point]:
    """Name each composed recipe and give it a folder.

    Args:
        composed: The composed recipes.
        sweep: Whether they are a sweep, whose default folder is another.

    Returns:
        The points; of several that are the same, one.

    Raises:
        RecipeError: Two recipes of one name would leave what they make in one folder.
    """
    default = SWEEP_FOLDER if sweep else SINGLE_RUN_FOLDER
    common = set.intersection(*(set(one.given) for one in composed)) if composed else set[str]()
    found: dict[Path, Point] = {}
    for one in composed:
        apart = [text for text in one.given if text not in common and key_of(text) != "out"]
        name = point_name([*one.overrides, *apart])
        folder = Path(one.settings.out or default) / one.name / name
        if found.setdefault(folder, Point(name, one, folder)).composed.file != one.file:
            raise RecipeError([_one_folder(found[folder].composed, one)])
    return list(found.values())


def point_name(overrides: Sequence[str]) -> str:
    """Make a folder name of overrides: readable, and another one for other overrides.

    Args:
        overrides: Recipe overrides such as ``source.repo=org/model``; in which order they are
            given does not count, but for several of one key.

    Returns:
        The overrides as they are where every file system keeps them apart; else what can be kept
        of them, and a hash.
    """
    if not overrides:
        return _DEFAULT
    ordered = sorted(overrides, key=key_of)
    text = ",".join(_UNKEPT.sub("-", override.replace("/", "--")) for override in ordered)
    plain = text == ",".join(ordered) == text.lower() and not text.endswith(".")
    if plain and len(text) <= _LONGEST and not _LIKE_HASHED.search(text):
        return text
    whole = hashlib.sha256("\0".join(ordered).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[:_LONGEST]}-{whole[:_DIGITS]}"


def _one_folder(one: Composed, other: Composed) -> Finding:
    message = f"{one.file} and {other.file} are both `{one.name}`, and would write to one folder."
    return Finding("bad-sweep", message, "Run them one by one.", place=COMMAND_LINE)
