"""Labelled rows read as a recipe wants them: chosen, told apart, each an input and a target."""

import hashlib
import heapq
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.datasets.block import DatasetBlock
from runner.datasets.errors import DataError, at_row
from runner.datasets.formats import format_of
from runner.where import Where, WhereError, parse

Columns = str | Mapping[str, str]
"""A column, or columns by the name of what they hold."""
_INLINE = "evaluation.dataset.rows"
_CORPUS = "corpus"
_NOWHERE = Path(os.devnull)
"""Where a file is said to be that has not been fetched: nothing can lie in it."""
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Example:
    """A row as the model and the metrics get it.

    Args:
        number: Its number in the data, from 1.
        id: What tells it from the others.
        given: The input as the data have it.
        target: What is right; None where the dataset has no target.
        of: The values of the columns that it is sliced by.
    """

    number: int
    id: str
    given: Any
    target: Any
    of: Mapping[str, str]


@dataclass(frozen=True)
class Labelled:
    """Labelled rows, not read yet.

    Args:
        block: What the recipe says of them.
        path: The file or folder; None for rows of the recipe itself.
        inputs: The columns that the model gets.
        slices: The columns that rows are sliced by.
        corpus: What its rows are looked for in; None where they are not.
    """

    block: DatasetBlock
    path: Path | None
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
        if self.path is None:
            return None
        return self.path if self.path.is_dir() else self.path.parent

    @property
    def files(self) -> dict[str, Path]:
        """Its files by their names, those of a folder by their paths in it; its corpus' too."""
        of_corpus = self.corpus.files if self.corpus else {}
        return self._own_files | {f"{_CORPUS}/{name}": file for name, file in of_corpus.items()}

    @property
    def _own_files(self) -> dict[str, Path]:
        if self.path is None:
            return {}
        if self.path.is_file():
            return {self.path.name: self.path}
        found = sorted(file for file in self.path.rglob("*") if file.is_file())
        return {file.relative_to(self.path).as_posix(): file for file in found}

    def sha256(self) -> str:
        """Give the hash of its content, with names of files in a folder; of its corpus too."""
        own = self._own_sha256()
        both = f"{own}{self.corpus.sha256()}" if self.corpus else ""
        return hashlib.sha256(both.encode()).hexdigest() if both else own

    def _own_sha256(self) -> str:
        if self.path is None:
            text = json.dumps(self.block.rows, sort_keys=True, default=str)
            return hashlib.sha256(text.encode()).hexdigest()
        if self.path.is_file():
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
        found = self._chosen()
        for count, (number, row) in enumerate(found, 1):
            yield self._example(number, row)
            if count == self.block.limit:
                return

    def _chosen(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        if self.block.sample is None:
            return self._wanted()
        drawn = {number for _, number in self._drawn(self.block.sample)}
        return ((number, row) for number, row in self._wanted() if number in drawn)

    def _drawn(self, size: int) -> list[tuple[bytes, int]]:
        """Draw rows: those whose id has the smallest hashes under the seed."""
        hashed = (
            (hashlib.sha256(f"{self.block.seed}\0{self._id(n, row)}".encode()).digest(), n)
            for n, row in self._wanted()
        )
        return heapq.nsmallest(size, hashed)

    def _wanted(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        condition = parse(self.block.where) if self.block.where else None
        for number, row in enumerate(self._rows(condition), 1):
            if condition is None or self._holds(condition, number, row):
                yield number, row

    def _rows(self, condition: Where | None) -> Iterator[Mapping[str, Any]]:
        if self.path is None:
            yield from self.block.rows or ()
            return
        names = dict.fromkeys([*wanted_columns(self), *(condition.columns if condition else ())])
        try:
            yield from format_of(self.path).rows(self.path, list(names))
        except OSError as error:
            text = error.strerror or type(error).__name__
            raise DataError(f"{self.path} cannot be read: {text}.", "Check it.") from error

    def _holds(self, condition: Where, number: int, row: Mapping[str, Any]) -> bool:
        try:
            return condition.holds(row)
        except WhereError as error:
            message = f"{at_row(self.name, number)}: {error}."
            raise DataError(message, "Mend the row, or `where`.") from error
        except KeyError as error:
            raise self._lacking(number, str(error.args[0])) from error

    def _id(self, number: int, row: Mapping[str, Any]) -> str:
        if self.block.id is None:
            return str(number)
        return str(self._cell(number, row, self.block.id))

    def _example(self, number: int, row: Mapping[str, Any]) -> Example:
        target = self.block.target
        return Example(
            number=number,
            id=self._id(number, row),
            given=self._cells(number, row, self.inputs),
            target=None if target is None else self._named(self._cells(number, row, target)),
            of={name: str(self._cell(number, row, name)) for name in self.slices},
        )

    def _cells(self, number: int, row: Mapping[str, Any], columns: Columns) -> Any:
        if isinstance(columns, str):
            return self._cell(number, row, columns)
        return {name: self._cell(number, row, column) for name, column in columns.items()}

    def _cell(self, number: int, row: Mapping[str, Any], column: str) -> Any:
        if column not in row:
            raise self._lacking(number, column)
        value = row[column]
        if value is None or value != value:
            message = f"{at_row(self.name, number, column)} is empty."
            raise DataError(message, f"Fill it in, or leave it out: where: {column} is not null")
        if not _is_unicode(value):
            message = f"{at_row(self.name, number, column)} has half of a surrogate pair."
            raise DataError(message, "Mend the text: no file in UTF-8 can hold it.")
        return value

    def _lacking(self, number: int, column: str) -> DataError:
        return DataError(f"{at_row(self.name, number)} has no column {column}.", "Give it one.")

    def _named(self, target: Any) -> Any:
        """Give a target by the name that the model has for it."""
        if isinstance(target, list):
            return [self._named(one) for one in target]
        if isinstance(target, str | int):
            return self.block.labels.get(str(target), target)
        return target


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
    path = None
    if isinstance(block.path, str):
        path = (folder / Path(block.path).expanduser()).absolute()
    elif block.path is not None:
        path = block.path.at_hand(tracking_uri) or _NOWHERE / (block.path.file_name or "rows")
    return Labelled(block, path, inputs, tuple(slices), corpus)


def wanted_columns(labelled: Labelled) -> list[str]:
    """Give the columns that are read of a dataset, beside those that ``where`` asks for.

    Args:
        labelled: The dataset.
    """
    block = labelled.block
    ids = [block.id] if block.id else []
    targets = [] if block.target is None else _columns_of(block.target)
    return list(dict.fromkeys([*_columns_of(labelled.inputs), *targets, *ids, *labelled.slices]))


def _is_unicode(value: Any) -> bool:
    """Tell whether all text in a value is: JSON can escape half of a character alone."""
    match value:
        case str():
            return value.isascii() or not _HALF.search(value)
        case dict():
            return all(_is_unicode(one) for pair in value.items() for one in pair)
        case list():
            return all(map(_is_unicode, value))
        case _:
            return True


def _columns_of(columns: Columns) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns.values())


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
