"""What is wrong with a dataset before a row of it is read: its place, its columns, ``where``."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from runner.datasets.errors import DataError
from runner.datasets.formats import format_of, unknown_format
from runner.datasets.reading import Columns, Labelled
from runner.files.patterns import is_pattern
from runner.findings import Finding, Loc
from runner.text.spelling import did_you_mean
from runner.where import WhereError, parse

_Wanted = dict[Loc, list[str]]
"""Columns by the place of the recipe that names them."""

_SIGNS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def check(labelled: Labelled) -> Iterator[Finding]:
    """Find what is wrong.

    Args:
        labelled: The dataset.

    Yields:
        Findings whose ``loc`` is relative to the ``evaluation`` block.
    """
    yield from _check(labelled, ("dataset",))
    if labelled.corpus:
        yield from _check(labelled.corpus, ("dataset", "corpus"))


def _check(labelled: Labelled, at: Loc) -> Iterator[Finding]:
    block, wanted = labelled.block, dict(_named(labelled, at))
    if block.where is not None:
        try:
            wanted |= {(*at, "where"): list(parse(block.where).columns)}
        except WhereError as error:
            message = f"`where` cannot be used: {str(error).rstrip('.')}."
            yield Finding("bad-where", message, "", (*at, "where"))
    if place := block.elsewhere:
        yield from (finding.under(*at, "path") for finding in place.check())
        if (name := place.file_name) and (problem := unknown_format(name)):
            yield Finding("bad-dataset", problem[0], problem[1], (*at, "path"))
        if not all(part.exists() for part in labelled.parts):
            return  # it is fetched before it is read
    if labelled.path is None:
        there = list(dict.fromkeys(name for row in block.rows or () for name in row))
        yield from _lacking(labelled.name, there, wanted)
    elif not labelled.parts or not labelled.parts[0].exists():
        yield from _missing(labelled.path, at)
    for part in labelled.parts:
        if part.exists():
            yield from _part(part, wanted, at)


def _part(part: Path, wanted: _Wanted, at: Loc) -> Iterator[Finding]:
    """Find what is wrong with a file or folder that is there."""
    try:
        there = format_of(part).columns(part)
    except DataError as error:
        yield Finding("bad-dataset", error.message, error.remedy, (*at, "path"))
    except OSError as error:
        message = f"{part} cannot be read: {error.strerror}."
        yield Finding("bad-dataset", message, "Check it.", (*at, "path"))
    else:
        yield from _lacking(part.name, there, wanted)


def _lacking(name: str, there: list[str], wanted: _Wanted) -> Iterator[Finding]:
    for loc, columns in wanted.items():
        for column in dict.fromkeys(columns):
            if column not in there:
                message = f"{name} has no column `{column}`."
                remedy = did_you_mean(column, there) or _columns(there)
                yield Finding("column-missing", message, remedy, loc)


def _columns(there: list[str]) -> str:
    """Say which columns there are; one that looks like several was parted by another sign."""
    if len(there) == 1 and (signs := [name for sign, name in _SIGNS.items() if sign in there[0]]):
        return f"Its header is one cell with {signs[0]} in it: save it with commas between cells."
    return f"It has {', '.join(there) or 'none'}."


def _missing(path: Path, at: Loc) -> Iterator[Finding]:
    if problem := unknown_format(path.name):
        yield Finding("bad-dataset", problem[0], problem[1], (*at, "path"))
        return
    if is_pattern(str(path)):
        message = f"No file is called like {path}."
        yield Finding("dataset-missing", message, "Name files of labelled rows.", (*at, "path"))
        return
    near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    remedy = did_you_mean(path.name, near) or "Name a file or folder of labelled rows."
    yield Finding("dataset-missing", f"{path} does not exist.", remedy, (*at, "path"))


def _named(labelled: Labelled, at: Loc) -> Iterator[tuple[Loc, list[str]]]:
    """Give the columns that the recipe names, by the place where it does."""
    block = labelled.block
    for field, columns in (("inputs", labelled.inputs), ("target", block.target)):
        if columns is not None:
            yield from _by_place((*at, field), columns)
    if block.id is not None:
        yield (*at, "id"), [block.id]
    for number, name in enumerate(labelled.slices):
        yield ("slices", number), [name]


def _by_place(loc: Loc, columns: Columns) -> Iterator[tuple[Loc, list[str]]]:
    if isinstance(columns, Mapping):
        yield from (((*loc, name), [column]) for name, column in columns.items())
    else:
        yield loc, [columns]
