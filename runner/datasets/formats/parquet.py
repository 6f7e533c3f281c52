"""Parquet: columns with types; a group of rows at a time."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner.datasets.errors import DataError, insist_on_names

SUFFIXES = (".parquet",)

_BLOCK = 1024


def columns(path: Path) -> list[str]:
    """Give the columns of the schema."""
    with _opened(path) as file:
        return insist_on_names(path.name, file.schema_arrow.names)


def rows(path: Path, columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Read the rows, of the wanted columns alone."""
    with _opened(path) as file:
        insist_on_names(path.name, file.schema_arrow.names)
        for block in file.iter_batches(_BLOCK, columns=list(columns)):
            yield from block.to_pylist()


@contextmanager
def _opened(path: Path) -> Generator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        text = (str(error).strip() or type(error).__name__).splitlines()[0]
        message = f"{path.name} cannot be read as Parquet: {text}."
        raise DataError(message, "Write it anew.") from error
