"""The table that is written: the columns of the data, what the model said, and what went wrong."""

import csv
import json
import math
from base64 import b64encode
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from runner.files.disk import replacing
from runner.prediction.data import Data
from runner.prediction.errors import PredictError
from runner.prediction.kept import Kept
from runner.text.spelling import did_you_mean

ANSWER, ERROR = "prediction", "error"
_BLOCK = 1024
_EXACT = 2**53

Row = Mapping[str, Any]
Rows = Callable[[], Iterator[Row]]


@dataclass(frozen=True)
class Table:
    """The table.

    Args:
        out: The file; its suffix says the format.
        data: The rows that were asked for.
        outputs: Names of the model's outputs, where each has a column of its own.
    """

    out: Path
    data: Data
    outputs: Sequence[str]

    @classmethod
    def of(cls, out: Path, data: Data, outputs: Sequence[str]) -> Self:
        """Make it.

        Raises:
            PredictError: The data have a column of a name that is needed.
        """
        table = cls(out, data, outputs)
        if taken := [name for name in table._new if name in data.columns]:
            message = f"the data have a column `{taken[0]}` already, which the table needs."
            raise PredictError("column-taken", message, "Rename it in the data.")
        return table

    @property
    def columns(self) -> list[str]:
        """Its columns."""
        return [*self.data.columns, *self._new]

    @property
    def _new(self) -> list[str]:
        return [*([f"{ANSWER}_{name}" for name in self.outputs] or [ANSWER]), ERROR]

    def write(self, kept: Kept) -> int:
        """Write it in one move, holding no more of it than a block.

        Args:
            kept: The answer to each row.

        Returns:
            How many rows have an error.
        """
        writer, errors = _WRITERS[self.out.suffix.lower()], 0
        with (
            replacing(self.out) as staged,
            writer(staged, self.columns, lambda: self._rows(kept), self.data.schema) as put,
        ):
            for row in self._rows(kept):
                errors += row[ERROR] is not None
                put(row)
        return errors

    def _rows(self, kept: Kept) -> Iterator[Row]:
        for cells, answer in zip(self.data.rows(), kept.all(), strict=True):
            error = answer.error or None
            own = {name: cells.get(name) for name in self.data.columns}
            yield {**own, **self._said(answer.value), ERROR: error}

    def _said(self, value: Any) -> dict[str, Any]:
        if not self.outputs:
            return {ANSWER: value}
        if isinstance(value, list) and all(isinstance(one, dict) for one in value):
            said = {name: [one.get(name) for one in value] for name in self.outputs}
        else:
            said = value if isinstance(value, dict) else {self.outputs[0]: value}
        return {f"{ANSWER}_{name}": said.get(name) for name in self.outputs}


def insist_on_format(out: Path) -> None:
    """See that a table can be written under a name.

    Args:
        out: The file.

    Raises:
        PredictError: Its suffix is of no format that is written.
    """
    if out.suffix.lower() not in _WRITERS:
        known = list(_WRITERS)
        hint = did_you_mean(out.suffix, known) or f"Its suffix is one of {', '.join(known)}."
        message = f"{out.name}: {out.suffix or 'a name without a suffix'} is no format of tables."
        raise PredictError("bad-output", message, hint)


def insist_on_another_place(out: Path, data: Path) -> None:
    """See that a table takes no place of the data, and becomes no row of them.

    Args:
        out: The file.
        data: The file or folder of the data.

    Raises:
        PredictError: It is the data, or lies in their folder.
    """
    if out.exists() and data.exists() and out.samefile(data):
        message = f"{out} is the data, which the table would take the place of."
        raise PredictError("bad-output", message, "Name another file.")
    if data.is_dir() and out.resolve().is_relative_to(data.resolve()):
        message = f"{out} is in the folder of the data, whose files are rows."
        raise PredictError("bad-output", message, "Name a file outside it.")


@contextmanager
def _delimited(
    file: Path, columns: Sequence[str], _rows: Rows, _schema: Any, separator: str = ","
) -> Generator[Callable[[Row], Any]]:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, delimiter=separator, lineterminator="\n")
        writer.writerow(columns)
        yield lambda row: writer.writerow([_as_text(row[name]) for name in columns])


def _tabbed(
    file: Path, columns: Sequence[str], rows: Rows, schema: Any
) -> AbstractContextManager[Callable[[Row], Any]]:
    return _delimited(file, columns, rows, schema, "\t")


@contextmanager
def _lines(
    file: Path, _columns: Sequence[str], _rows: Rows, _schema: Any
) -> Generator[Callable[[Row], Any]]:
    with file.open("w", encoding="utf-8", newline="\n") as opened:
        yield lambda row: opened.write(
            json.dumps(_without_nan(row), ensure_ascii=False, default=_plain, allow_nan=False)
            + "\n"
        )


@contextmanager
def _parquet(
    file: Path, columns: Sequence[str], rows: Rows, schema: Any
) -> Generator[Callable[[Row], Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    own = {name: schema.field(name).type for name in columns if schema and name in schema.names}
    found = _types(rows(), [name for name in columns if name not in own])
    kinds: Mapping[str, Any] = {
        name: own.get(name) or pa.type_for_alias(found[name]) for name in columns
    }
    texts = {name for name in columns if name not in own and found[name] == "string"}
    block: list[Row] = []

    def flush() -> None:
        writer.write_table(pa.Table.from_pylist(block, schema=whole))
        block.clear()

    def put(row: Row) -> None:
        block.append({k: _as_text(v, None) if k in texts else v for k, v in row.items()})
        if len(block) == _BLOCK:
            flush()

    whole = pa.schema([(name, kinds[name]) for name in columns])
    with pq.ParquetWriter(file, whole) as writer:
        yield put
        flush()


def _types(rows: Iterable[Row], columns: Sequence[str]) -> dict[str, str]:
    """Find the narrowest type that all values of a column have; text where there is none."""
    seen: dict[str, set[type]] = {name: set() for name in columns}
    for row in rows:
        for name, kinds in seen.items():
            kinds.add(_kind(row[name]))
    return {name: _type(kinds - {type(None)}) for name, kinds in seen.items()}


class _Long(int):
    """Stands for numbers that a double would round."""


class _Longer(int):
    """Stands for numbers that no type of Parquet's integers holds."""


def _kind(value: Any) -> type:
    if type(value) is not int or abs(value) <= _EXACT:
        return type(value)
    return _Long if -(2**63) <= value < 2**63 else _Longer


def _type(kinds: set[type]) -> str:
    if kinds == {bool}:
        return "bool"
    if kinds and kinds <= {int, _Long}:
        return "int64"
    return "double" if kinds and kinds <= {int, float} else "string"


def _as_text(value: Any, nothing: str | None = "") -> str | None:
    if value is None:
        return nothing
    if isinstance(value, str | bytes | Decimal | date | time | timedelta):
        return _plain(value)
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    """Give the text of a value that JSON has none for; bytes as an input takes them, in base64."""
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _without_nan(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {key: _without_nan(item) for key, item in value.items()}
        case list():
            return [_without_nan(item) for item in value]
        case _:
            return value


_WRITERS: Mapping[str, Callable[..., AbstractContextManager[Callable[[Row], Any]]]] = {
    ".csv": _delimited,
    ".tsv": _tabbed,
    ".jsonl": _lines,
    ".parquet": _parquet,
}
