"""Findings: what is wrong with a recipe, where, and how to mend it, as plain data."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from runner.errors import Exit, RunnerError
from runner.text.visible import on_a_line

Loc = tuple[str | int, ...]
"""The path of a value inside a recipe: ``("params", "temperature", "type")``."""


class Severity(StrEnum):
    """How much a finding weighs: an error stops a run, a warning and a note do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, order=True)
class Place:
    """Where a value was written.

    Args:
        file: The file as the user would name it, or ``command line``.
        line: Line, from 1; 0 where there is none (the command line).
        column: Column, from 1; 0 where there is none.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Give ``file:line:column``, the form editors and terminals make clickable."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Fix:
    """How a finding is mended without thought: a word in the file becomes another.

    Args:
        old: The word as it is written.
        new: The word to write.
        is_key: Whether it is the key at the finding's place, or the value beside it.
    """

    old: str
    new: str
    is_key: bool = False

    def __str__(self) -> str:
        """Give the change as people read it."""
        return f"`{self.old}` → `{self.new}`"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Args:
        code: Stable code, such as ``unknown-key``.
        message: What is wrong, one sentence, without the place.
        remedy: What to do, one sentence; may be empty.
        loc: The path of the value inside the recipe.
        place: Where that value was written; filled in once the files are known.
        severity: Error, warning or note.
        fix: How ``validate --fix`` mends it, where that takes no thought.
        outside: Whether what lies outside the recipe is at fault, and not what it says: what a
            source holds, or what is installed here.
    """

    code: str
    message: str
    remedy: str = ""
    loc: Loc = ()
    place: Place | None = None
    severity: Severity = Severity.ERROR
    fix: Fix | None = None
    outside: bool = False

    def at(self, place: Place) -> "Finding":
        """Give the same finding with its place."""
        return replace(self, place=place)

    def under(self, *prefix: str | int) -> "Finding":
        """Give the same finding with ``prefix`` put before its path."""
        return replace(self, loc=(*prefix, *self.loc))

    def __str__(self) -> str:
        """Give the one-line form that ``validate`` prints."""
        where = f"{self.place} " if self.place else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return on_a_line(f"{where}{self.severity}[{self.code}] {self.message}{remedy}")


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by file, line, column and code."""
    return sorted(findings, key=lambda f: (f.place or Place(""), f.code, f.message))


class RecipeError(RunnerError):
    """The recipe or the command line is wrong; carries every finding, not just the first.

    Where only what lies outside of it is wrong, the exit code says so.
    """

    code = "recipe-wrong"
    exit = Exit.WRONG_INPUT

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = in_order(findings)
        if self.findings and all(finding.outside for finding in self.findings):
            self.exit = Exit.OUTSIDE_FAILED
        super().__init__("\n".join(str(f) for f in self.findings))
