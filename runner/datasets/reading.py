"""Labelled rows read as a recipe wants them: chosen, told apart, each an input and a target."""

import hashlib
import heapq
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os.path import commonpath
from pathlib import Path
from typing import Any

from runner.datasets.block import DatasetBlock
from runner.datasets.errors import DataError, at_row
from runner.datasets.formats import format_of
from runner.datasets.row import Columns, Place, Row, cell, cells, lacking
from runner.files.patterns import files_like, is_pattern
from runner.where import Where, WhereError, parse

_INLINE = "evaluation.dataset.rows"
_CORPUS = "corpus"
_NOWHERE = Path(os.devnull)
"""Where a file is said to be that has not been fetched: nothing can lie in it."""


@dataclass(frozen=True)
class Example:
    """A row as the model and the metrics get it.

    Args:
        number: Its number in the data, from 1.
        id: What tells it from the others.
        given: The input as the data have it.
        target: What is right; None where the dataset has no target.
        of: The values of the columns that it is sliced by.
        place: Its file, and its number there.
    """

    number: int
    id: str
    given: Any
    target: Any
    of: Mapping[str, str]
    place: Place

    @property
    def where(self) -> str:
        """Its file, and its id; where it has none of its own, its number in the file."""
        file, number = self.place
        return at_row(file, number if self.id == str(self.number) else self.id)


@dataclass(frozen=True)
class Labelled:
    """Labelled rows, not read yet.

    Args:
        block: What the recipe says of them.
        path: The file or folder, or the pattern of files; None for rows of the recipe itself.
        parts: What is read, one after the other: the file or folder, or all that the pattern names.
        inputs: The columns that the model gets.
        slices: The columns that rows are sliced by.
        corpus: What its rows are looked for in; None where they are not.
    """

    block: DatasetBlock
    path: Path | None
    parts: tuple[Path, ...]
    inputs: Columns
    slices: Sequence[str] = ()
    corpus: "Labelled | None" = None

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.path.name if self.path else _INLINE

    @property
    def folder(self) -> Path | None:
        """The folder that its files of media are relative to."""
        if not self.parts:
            return None
        first, *_ = self.parts
        return first if first.is_dir() else Path(commonpath(part.parent for part in self.parts))

    @property
    def files(self) -> dict[str, Path]:
        """Its files by their names, those of a folder by their paths in it; its corpus' too."""
        of_corpus = self.corpus.files if self.corpus else {}
        return self._own_files | {f"{_CORPUS}/{name}": file for name, file in of_corpus.items()}

    @property
    def _own_files(self) -> dict[str, Path]:
        folder = self.folder
        if folder is None:
            return {}
        inside = (sorted(p.rglob("*")) if p.is_dir() else [p] for p in self.parts)
        found = [file for files in inside for file in files if file.is_file()]
        return {file.relative_to(folder).as_posix(): file for file in found}

    def sha256(self) -> str:
        """Give the hash of its content, with names of files in a folder; of its corpus too."""
        own = self._own_sha256()
        both = f"{own}{self.corpus.sha256()}" if self.corpus else ""
        return hashlib.sha256(both.encode()).hexdigest() if both else own

    def _own_sha256(self) -> str:
        if self.path is None:
            text = json.dumps(self.block.rows, sort_keys=True, default=str)
            return hashlib.sha256(text.encode()).hexdigest()
        if len(self.parts) == 1 and self.path.is_file():
            return _sha256(self.path)
        whole = hashlib.sha256()
        for name, file in self._own_files.items():
            whole.update(f"{name}\0{_sha256(file)}\n".encode())
        return whole.hexdigest()

    def examples(self) -> Iterator[Example]:
        """Read the chosen rows, in their order in the data; of all others none is held.

        Raises:
            DataError: The data cannot be read, or a row lacks what it must have.
        """
        for count, row in enumerate(self._chosen(), 1):
            yield self._example(row)
            if count == self.block.limit:
                return

    def _chosen(self) -> Iterator[Row]:
        if self.block.sample is None:
            return self._wanted()
        drawn = {number for _, number in self._drawn(self.block.sample)}
        return (row for row in self._wanted() if row.number in drawn)

    def _drawn(self, size: int) -> list[tuple[bytes, int]]:
        """Draw rows: those whose id has the smallest hashes under the seed."""
        hashed = (
            (hashlib.sha256(f"{self.block.seed}\0{self._id(row)}".encode()).digest(), row.number)
            for row in self._wanted()
        )
        return heapq.nsmallest(size, hashed)

    def _wanted(self) -> Iterator[Row]:
        condition = parse(self.block.where) if self.block.where else None
        for number, (place, given) in enumerate(self._rows(condition), 1):
            row = Row(number, place, given)
            if condition is None or self._holds(condition, row):
                yield row

    def _rows(self, condition: Where | None) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        if self.path is None:
            for number, row in enumerate(self.block.rows or (), 1):
                yield (self.name, number), row
            return
        names = [*wanted_columns(self), *(condition.columns if condition else ())]
        for part in self.parts:
            yield from self._rows_of(part, list(dict.fromkeys(names)))

    def _rows_of(self, part: Path, columns: list[str]) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        try:
            for number, row in enumerate(format_of(part).rows(part, columns), 1):
                yield (part.name, number), row
        except OSError as error:
            text = error.strerror or type(error).__name__
            raise DataError(f"{part} cannot be read: {text}.", "Check it.") from error

    def _holds(self, condition: Where, row: Row) -> bool:
        try:
            return condition.holds(row.cells)
        except WhereError as error:
            message = f"{at_row(*row.place)}: {error}."
            raise DataError(message, "Mend the row, or `where`.") from error
        except KeyError as error:
            raise lacking(row, str(error.args[0])) from error

    def _id(self, row: Row) -> str:
        return str(row.number if self.block.id is None else cell(row, self.block.id))

    def _example(self, row: Row) -> Example:
        target = self.block.target
        return Example(
            number=row.number,
            id=self._id(row),
            given=cells(row, self.inputs),
            target=None if target is None else self._named(cells(row, target)),
            of={name: str(cell(row, name)) for name in self.slices},
            place=row.place,
        )

    def _named(self, target: Any) -> Any:
        """Give a target by the name that the model has for it."""
        if isinstance(target, list):
            return [self._named(one) for one in target]
        if isinstance(target, str | int | float):
            labels = self.block.labels
            return labels.get(str(target), labels.get(_as_json(target), target))
        return target


def _as_json(value: str | float) -> str:
    """Write a value as JSON does; pandas writes whole numbers of a column with holes as ``2.0``."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def open_dataset(
    block: DatasetBlock,
    folder: Path,
    inputs: Columns,
    slices: Sequence[str] = (),
    corpus: Labelled | None = None,
    tracking_uri: str | None = None,
) -> Labelled:
    """Give the rows that a block names.

    Args:
        block: The block.
        folder: The folder that a relative path is relative to.
        inputs: The columns that the model gets.
        slices: The columns that rows are sliced by.
        corpus: What they are looked for in.
        tracking_uri: Tracking URI of the server that knows data in MLflow.
    """
    path, parts = _place(block, folder, tracking_uri)
    return Labelled(block, path, parts, inputs, tuple(slices), corpus)


def _place(
    block: DatasetBlock, folder: Path, tracking_uri: str | None
) -> tuple[Path | None, tuple[Path, ...]]:
    """Give where rows are said to be, and what of it is there to be read."""
    match block.path:
        case None:
            return None, ()
        case str(written):
            path = (folder / Path(written).expanduser()).absolute()
            several = is_pattern(written) and not path.exists()
            return path, files_like(folder, written) if several else (path,)
        case elsewhere:
            parts = elsewhere.at_hand(tracking_uri)
            if len(parts) == 1:
                return parts[0], parts
            path = (parts[0].parent if parts else _NOWHERE) / (elsewhere.file_name or "rows")
            return path, parts or (path,)


def wanted_columns(labelled: Labelled) -> list[str]:
    """Give the columns that are read of a dataset, beside those that ``where`` asks for.

    Args:
        labelled: The dataset.
    """
    block = labelled.block
    ids = [block.id] if block.id else []
    targets = [] if block.target is None else _columns_of(block.target)
    return list(dict.fromkeys([*_columns_of(labelled.inputs), *targets, *ids, *labelled.slices]))


def _columns_of(columns: Columns) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns.values())


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
