"""The points of a recipe that lie beside one: found by what gates call them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runner.errors import SourceError
from runner.evaluated import TABLE_FILE
from runner.evaluation.champion import Champion
from runner.recipe.composing.composed import Composed
from runner.records import RECORD_FILE, read_record
from runner.text.spelling import did_you_mean
from runner.text.wording import counted


@dataclass(frozen=True)
class _Point:
    """A point as its record has it.

    Args:
        name: Its name.
        folder: Its folder.
        overrides: What it has otherwise than the recipe.
    """

    name: str
    folder: Path
    overrides: frozenset[str]

    def made_by(self, word: str) -> frozenset[str] | None:
        """Give the overrides that a word names, of those that it has; None where it names none.

        Args:
            word: The point's name, overrides joined by commas, or the value of one.
        """
        if word == self.name:
            return self.overrides
        asked = frozenset(word.split(","))
        if asked <= self.overrides:
            return asked
        of_value = {one for one in self.overrides if one.partition("=")[2] == word}
        return frozenset(of_value) or None


def stands_alone(composed: Composed, name: str) -> bool:
    """Say whether no gate of a point is held to another point than itself.

    Args:
        composed: The composed recipe of the point.
        name: Its name.
    """
    here = _Point(name, Path(), frozenset(composed.overrides))
    return all(here.made_by(word) is not None for word in composed.recipe.evaluation.points)


def point_named(word: str, composed: Composed, folder: Path) -> Champion | None:
    """Find a point of the same recipe; of several, the one that is like this one in all else.

    Args:
        word: What a gate calls it.
        composed: The recipe of the point that is compared.
        folder: Folder of that point.

    Returns:
        The point; None where it is that one itself.

    Raises:
        SourceError: There is no such point yet, there are several, or it was not evaluated.
    """
    here = _Point(folder.name, folder, frozenset(composed.overrides))
    if here.made_by(word) is not None:
        return None
    points = list(_beside(folder))
    named = [(point, made) for point in points if (made := point.made_by(word)) is not None]
    keys = {one.partition("=")[0] for _, made in named for one in made}
    rest = frozenset(one for one in here.overrides if one.partition("=")[0] not in keys)
    alike = [point for point, made in named if point.overrides - made == rest]
    found = alike or [point for point, _ in named]
    if len(found) != 1:
        raise _none(word, folder, points) if not found else _several(word, found)
    table = found[0].folder / TABLE_FILE
    if not table.is_file():
        message = f"{word}, a point that a gate names, has no {TABLE_FILE} in {found[0].folder}"
        raise SourceError(message, "Run it again: its evaluation has not ended.")
    return Champion(word, table, point=True)


def _beside(folder: Path) -> Iterator[_Point]:
    for file in sorted(folder.parent.glob(f"*/{RECORD_FILE}")):
        record = read_record(file)
        if record and file.parent != folder:
            yield _Point(record.point, file.parent, frozenset(record.overrides))


def _none(word: str, folder: Path, points: list[_Point]) -> SourceError:
    there = [point.name for point in points]
    near = did_you_mean(word, [*there, "champion"])
    remedy = near or f"Run it first; there are {', '.join(there) or 'no others'}."
    return SourceError(f"No point {word}, which a gate names, is in {folder.parent}", remedy)


def _several(word: str, found: list[_Point]) -> SourceError:
    names = ", ".join(point.name for point in found)
    message = f"{word}, which a gate names, is {counted(len(found), 'point')}: {names}"
    return SourceError(message, "Name one by its overrides, such as dtype=float32,params.n=4.")
