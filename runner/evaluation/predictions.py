"""Kept predictions: one SQLite file, a row once for each model that was asked for it.

An answer is kept under what it depends on: the model's weights, its inference code and
configuration, what it is asked for beside the row, and the row. A batch is written as it is done,
so that an evaluation which is killed goes on where it was.
"""

import json
import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner.errors import StorageError

BATCH = 128
"""Rows that are asked together and kept together."""
WINDOW = 32 * BATCH
"""Rows of texts that batches of like length are made of."""
_PATIENCE = 60
_AT_ONCE = 500
_NOTHING: Mapping[str, float] = {}
_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS predictions (key BLOB PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timings (model BLOB, what TEXT, rows INTEGER, value REAL);
CREATE INDEX IF NOT EXISTS timings_of ON timings (model, what);
CREATE TABLE IF NOT EXISTS hashes (
    path TEXT, size INTEGER, modified INTEGER, sha256 TEXT, PRIMARY KEY (path, size, modified)
) WITHOUT ROWID;
"""


class Predictions:
    """The predictions of one file.

    Args:
        connection: The open database.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def kept(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        """Give the answers that there are for some keys.

        Args:
            keys: Keys of rows.
        """
        found: dict[bytes, Any] = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT key, answer FROM predictions WHERE key IN ({marks})"  # noqa: S608
            found |= {key: json.loads(text) for key, text in self._connection.execute(query, some)}
        return found

    def keep(
        self,
        answers: Mapping[bytes, Any],
        model: bytes,
        seconds: float,
        counted: Mapping[str, float] = _NOTHING,
    ) -> None:
        """Keep a batch: all of it or nothing.

        Args:
            answers: An answer, as JSON has it, by the key of its row.
            model: Key of the model.
            seconds: How long the batch took.
            counted: What was counted in it, such as tokens and memory.
        """
        rows = [(key, json.dumps(answer)) for key, answer in answers.items()]
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO predictions VALUES (?, ?)", rows)
            for what, value in {"batch": seconds, **counted}.items():
                self._add(model, what, len(rows), value)

    def time(self, model: bytes, what: str, value: float) -> None:
        """Keep something that was measured of a model.

        Args:
            model: Key of the model.
            what: What was measured.
            value: The figure.
        """
        with self._connection:
            self._add(model, what, 1, value)

    def timed(self, model: bytes, what: str) -> list[tuple[int, float]]:
        """Give what was measured of a model: rows and figure, in order.

        Args:
            model: Key of the model.
            what: What was measured.
        """
        query = "SELECT rows, value FROM timings WHERE model = ? AND what = ? ORDER BY rowid"
        return self._connection.execute(query, (model, what)).fetchall()

    def hash_of(self, path: Path) -> str | None:
        """Give the hash of a file that has been taken and still holds; None for any other.

        Args:
            path: The file, absolute.
        """
        query = "SELECT sha256 FROM hashes WHERE path = ? AND size = ? AND modified = ?"
        found = self._connection.execute(query, _state(path)).fetchone()
        return found[0] if found else None

    def keep_hash(self, path: Path, sha256: str) -> None:
        """Keep the hash of a file.

        Args:
            path: The file, absolute.
            sha256: Hash of its content.
        """
        with self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?)", (*_state(path), sha256)
            )

    def _add(self, model: bytes, what: str, rows: int, value: float) -> None:
        self._connection.execute(
            "INSERT INTO timings VALUES (?, ?, ?, ?)", (model, what, rows, value)
        )


def _state(path: Path) -> tuple[str, int, int]:
    stat = path.stat()
    return str(path), stat.st_size, stat.st_mtime_ns


@contextmanager
def open_predictions(file: Path) -> Generator[Predictions]:
    """Open a file of predictions, or make it.

    Args:
        file: The file.

    Yields:
        What it holds.

    Raises:
        StorageError: It is no such file, or the disk would not take it.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(file, timeout=_PATIENCE)
        try:
            connection.executescript(_TABLES)
            yield Predictions(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        message = f"{file}, the file of kept predictions, cannot be used: {error}."
        raise StorageError(
            message, "Free the disk, or remove it: its rows are asked anew."
        ) from error


def batches(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """Part items into batches that are the same each time.

    Args:
        items: The items.
        size: How many a batch has.
    """
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
