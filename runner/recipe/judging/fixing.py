"""``validate --fix``: what takes no thought is mended in the files, and nothing else is touched."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runner.errors import StorageError
from runner.findings import Finding, Fix, Loc, Place
from runner.recipe.language.schema import value_at
from runner.recipe.reading.editing import MARK, NotEditable, with_keys, with_values
from runner.recipe.reading.replacing import replace_text
from runner.recipe.reading.strict_yaml import parse


@dataclass(frozen=True)
class Fixed:
    """A finding that was mended.

    Args:
        place: Where.
        fix: What became what.
    """

    place: Place
    fix: Fix

    def __str__(self) -> str:
        """Give the line that ``validate --fix`` prints."""
        return f"{self.place} fixed: {self.fix}"


def fix_files(findings: Iterable[Finding], files: Iterable[Path]) -> list[Fixed]:
    """Mend what can be mended in recipe files.

    Args:
        findings: What was found.
        files: The files that may be changed, absolute; a base elsewhere is left alone.

    Returns:
        What was mended. Comments, order, quotes and ends of lines are as they were; a file is
        replaced by one rename, and keeps its mode.

    Raises:
        StorageError: A file cannot be written; it is as it was.
    """
    allowed = set(files)
    chosen: dict[Path, list[Fixed]] = {}
    for finding in findings:
        if finding.fix and finding.place and finding.place.line:
            file = Path(finding.place.file).absolute()
            if file in allowed:
                chosen.setdefault(file, []).append(Fixed(finding.place, finding.fix))
    return [fixed for file, fixes in chosen.items() for fixed in _fix(file, fixes)]


def _fix(file: Path, fixes: list[Fixed]) -> list[Fixed]:
    done: list[Fixed] = []
    try:
        before = text = file.read_bytes().decode("utf-8")
        for loc, fixed in _placed(text, fixes):
            with suppress(NotEditable):
                text = _mended(text, loc, fixed.fix)
                done.append(fixed)
        if text != before:
            replace_text(file, text)
    except OSError as error:
        raise StorageError(
            f"{file} cannot be written: {error.strerror or error}", "Check its permissions."
        ) from error
    return sorted(done, key=lambda fixed: fixed.place)


def _placed(text: str, fixes: list[Fixed]) -> list[tuple[Loc, Fixed]]:
    """Find the paths of what is to be mended: keys last, the innermost first, for they change."""
    document = parse(text.removeprefix(MARK), Path(), "")
    locs = {
        (place.line, place.column): loc
        for loc, place in reversed(document.places.items())
        if loc  # a value that aliases stand for has several paths: the first is where it is
    }
    placed: list[tuple[Loc, Fixed]] = []
    for fixed in fixes:
        loc = locs.get((fixed.place.line, fixed.place.column), ())
        value = document.raw.get(loc, value_at(document.values, loc))
        if loc and fixed.fix.old == (loc[-1] if fixed.fix.is_key else value):
            placed.append((loc, fixed))
    return sorted(placed, key=lambda one: (one[1].fix.is_key, -len(one[0])))


def _mended(text: str, loc: Loc, fix: Fix) -> str:
    if fix.is_key:
        return with_keys(text, {loc: fix.new})
    return with_values(text, {loc: fix.new.strip('"')})
