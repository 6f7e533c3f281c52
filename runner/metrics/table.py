"""The statistics of many rows: a column each, words as numbers of one vocabulary."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Table:
    """Statistics of rows.

    Args:
        names: Names of the statistics.
        numbers: The statistics, shape ``(rows, statistics)``; a word is its place in ``words``.
        words: Every word that a statistic has, in alphabetical order.
    """

    names: tuple[str, ...]
    numbers: "NDArray[np.float64]"
    words: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> "NDArray[np.float64]":
        """Give one statistic of all rows; zeros where no row has it."""
        if name not in self.names:
            return self.numbers[:, :0].sum(axis=1)
        return self.numbers[:, self.names.index(name)]

    def __len__(self) -> int:
        """Give the number of rows."""
        return len(self.numbers)

    def take(self, rows: "NDArray[np.intp]") -> "Table":
        """Give some of the rows, in another order or repeated.

        Args:
            rows: Their numbers.
        """
        return Table(self.names, self.numbers[rows], self.words)


class Tabulating:
    """Collects the statistics of rows, eight bytes each."""

    def __init__(self) -> None:
        self._columns: dict[str, array[float]] = {}
        self._codes: dict[str, int] = {}
        self._worded: set[str] = set()
        self._rows = 0

    def add(self, measured: Mapping[str, float | str]) -> None:
        """Add a row.

        Args:
            measured: Its statistics; a number that it leaves out is 0. A statistic that has words
                has one in every row.
        """
        for name, value in measured.items():
            column = self._columns.get(name)
            if column is None:  # the rows before it had none
                column = self._columns[name] = array("d", bytes(8 * self._rows))
            if isinstance(value, str):
                self._worded.add(name)
                value = self._codes.setdefault(value, len(self._codes))
            column.append(value)
        self._rows += 1
        for column in self._columns.values():
            if len(column) < self._rows:
                column.append(0.0)

    def table(self) -> Table:
        """Give what was collected."""
        import numpy as np

        words = sorted(self._codes)
        places = np.empty(len(words))
        places[[self._codes[word] for word in words]] = range(len(words))
        numbers = np.empty((self._rows, len(self._columns)))
        for place, (name, column) in enumerate(self._columns.items()):
            values = np.frombuffer(column, np.float64)
            numbers[:, place] = places[values.astype(np.intp)] if name in self._worded else values
        return Table(tuple(self._columns), numbers, tuple(words))
