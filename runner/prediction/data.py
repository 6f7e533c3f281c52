"""The file of rows that a batch is of."""

import hashlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from runner.datasets.errors import DataError
from runner.datasets.formats import Format, format_of
from runner.datasets.row import insist_on_unicode
from runner.sources.checkpoint.files import sha256_of


@dataclass(frozen=True)
class Data:
    """A file of rows, or a folder of images or recordings.

    Args:
        path: Where it is.
    """

    path: Path

    @cached_property
    def columns(self) -> list[str]:
        """Its columns; of JSON all that a row has, in the order of the first that has them.

        Raises:
            DataError: It cannot be read.
        """
        return self._surveyed[0]

    @cached_property
    def count(self) -> int:
        """How many rows it has; to count them is to see that each can be read."""
        return self._surveyed[1]

    @cached_property
    def _surveyed(self) -> tuple[list[str], int]:
        number = 0
        with self._readable():
            told = self._format.columns(self.path)
            names = dict.fromkeys(told)
            for row in self._format.rows(self.path, told):
                number += 1
                names |= dict.fromkeys(row)
                for column, value in row.items():
                    insist_on_unicode((self.path.name, number), column, value)
        if not names:
            raise DataError(f"{self.path.name} is empty.", "Give it rows.")
        return list(names), number

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """Read the rows; of all others none is held.

        Raises:
            DataError: One cannot be read.
        """
        with self._readable():
            yield from self._format.rows(self.path, self.columns)

    @property
    def folder(self) -> Path:
        """The folder that files which cells name are in."""
        return self.path if self.path.is_dir() else self.path.parent

    @property
    def identity(self) -> str:
        """What tells its content from another: a hash, of a folder that of its listing."""
        if self.path.is_file():
            return sha256_of(self.path)
        files = sorted(file for file in self.path.rglob("*") if file.is_file())
        listing = [
            (str(f.relative_to(self.path)), f.stat().st_size, f.stat().st_mtime_ns) for f in files
        ]
        return hashlib.sha256(repr(listing).encode()).hexdigest()

    @property
    def schema(self) -> Any:
        """The Arrow schema, where the columns have types of their own; else None."""
        if self.path.suffix.lower() != ".parquet":
            return None
        import pyarrow.parquet as pq

        return pq.read_schema(self.path)

    @contextmanager
    def _readable(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            text = error.strerror or type(error).__name__
            raise DataError(f"{self.path} cannot be read: {text}.", "Check it.") from error

    @cached_property
    def _format(self) -> Format:
        return format_of(self.path)
