"""One recipe put together and judged: the one way, whichever verb asks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.findings import Finding, Loc, Place, Severity
from runner.recipe.composing.layers import OPEN, Layered, Origin, layer
from runner.recipe.composing.lineage import Group, Lineage, trace, trace_block
from runner.recipe.judging.validation import validate
from runner.recipe.language.models import Recipe
from runner.recipe.reading.literal_text import is_literal, map_texts
from runner.recipe.reading.references import resolve
from runner.recipe.reading.shelf import Shelf


@dataclass(frozen=True)
class Assessed:
    """A recipe as its files and the command line say it, with everything that is wrong with them.

    Args:
        name: The recipe's name.
        file: Its own file; nothing where there is none.
        files: The files that it is made of, in merge order.
        values: What they say, put together; incomplete where they are wrong.
        origins: Where each value was written, by its path.
        recipe: The recipe; None where its values do not make one.
        findings: What is wrong, with places.
    """

    name: str
    file: Path | None
    files: tuple[Path, ...]
    values: dict[str, Any]
    origins: dict[Loc, Origin]
    recipe: Recipe | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """The number of findings that stop a run."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    def text(self, key: str) -> str:
        """Give a text of the recipe's values; empty where there is none.

        Args:
            key: A field of the recipe, such as ``description``.
        """
        value = self.values.get(key)
        return value if isinstance(value, str) else ""


def assess(shelf: Shelf, name: str, asked_at: Place, *, base: bool = False) -> Assessed:
    """Put the files of a recipe together, and judge them.

    Args:
        shelf: Where recipes and groups are.
        name: The recipe's name.
        asked_at: Where it was named.
        base: The recipe only exists for others to extend: what it leaves open is no finding.
    """
    lineage = trace(shelf, name, asked_at)
    return judge(lineage, layer(lineage.parts), base=base)


def assess_block(shelf: Shelf, group: Group, name: str, asked_at: Place) -> Assessed:
    """Judge a file of a group by itself: what it leaves to the recipe that takes it is no finding.

    Args:
        shelf: Where groups are.
        group: The group.
        name: The name of the file in it.
        asked_at: Where it was named.
    """
    lineage = trace_block(shelf, group, name, asked_at)
    layered = layer(lineage.parts)
    layered.values = map_texts(
        layered.values, lambda loc, text: OPEN if "${" in text and not is_literal(loc) else text
    )
    return _judged(lineage, layered, base=True)


def judge(lineage: Lineage, layered: Layered, *, base: bool = False) -> Assessed:
    """Judge values that are put together.

    Args:
        lineage: The files that the values are from.
        layered: The values, the command line's over them where there is one.
        base: The recipe only exists for others to extend: what it leaves open is no finding.
    """
    layered.values, lost = resolve(layered.values)
    layered.findings += lost
    return _judged(lineage, layered, base=base)


def _judged(lineage: Lineage, layered: Layered, *, base: bool) -> Assessed:
    recipe, findings = validate(layered, lineage.findings, base=base)
    if not lineage.parts:
        findings = []
    elif not lineage.is_readable:
        findings = [finding for finding in findings if finding.code != "missing-key"]
    return Assessed(
        name=lineage.name,
        file=lineage.file,
        files=lineage.files,
        values=layered.values,
        origins=layered.origins,
        recipe=None if lineage.findings else recipe,
        findings=tuple(dict.fromkeys((*lineage.findings, *findings))),
    )
