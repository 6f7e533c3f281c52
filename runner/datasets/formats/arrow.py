"""Arrow: a file of it, or a folder as ``datasets.Dataset.save_to_disk`` leaves it.

Both of its forms are read: the stream of Hugging Face, and the file that is also called Feather. Of
a column whose features are told, a class is given by its name, a recording or image by its bytes.
"""

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner.datasets.errors import DataError, insist_on_names
from runner.datasets.formats import INSIDE

_STATE = "state.json"
_SPLITS = "dataset_dict.json"
SUFFIXES = (".arrow", ".feather", f"{INSIDE}{_STATE}", f"{INSIDE}{_SPLITS}")

_BLOCK = 1024
_FEATURES = b"huggingface"
_MEDIA = ("Audio", "Image")


def columns(path: Path) -> list[str]:
    """Give the columns of the schema."""
    with _opened(_files(path)[0]) as blocks:
        return insist_on_names(path.name, blocks.schema.names)


def rows(path: Path, columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Read the rows, of the wanted columns alone."""
    for file in _files(path):
        with _opened(file) as blocks:
            insist_on_names(file.name, blocks.schema.names)
            wanted = [name for name in columns if name in blocks.schema.names]
            told = _told(blocks.schema, wanted, file.name)
            for block in blocks:
                for start in range(0, block.num_rows, _BLOCK):
                    for row in block.select(wanted).slice(start, _BLOCK).to_pylist():
                        yield row | {name: tell(row[name]) for name, tell in told.items()}


def _files(path: Path) -> list[Path]:
    """Give the files of a folder in their order, or the one that there is."""
    if path.is_file():
        return [path]
    if (path / _SPLITS).is_file():
        splits = ", ".join(sorted(entry.name for entry in path.iterdir() if entry.is_dir()))
        raise DataError(f"{path.name} has several splits.", f"Name one in it: {splits}.")
    try:
        said = json.loads((path / _STATE).read_text(encoding="utf-8"))
        names = [str(entry["filename"]) for entry in said["_data_files"]]
    except (ValueError, KeyError, TypeError) as error:
        message = f"{path.name}/{_STATE} does not list the files of a dataset."
        raise DataError(message, "Save it anew with save_to_disk.") from error
    files = [path / name for name in names]
    for file in files:
        if not file.is_file() or not file.resolve().is_relative_to(path.resolve()):
            message = f"{path.name}/{_STATE} names {file.name}, which is no file of the folder."
            raise DataError(message, "Save it anew with save_to_disk.")
    if not files:
        raise DataError(f"{path.name} has no rows: its {_STATE} names no file.", "Check it.")
    return files


def _told(schema: Any, wanted: Sequence[str], name: str) -> dict[str, Callable[[Any], Any]]:
    """Give what to make of the cells of a column, by its feature."""
    try:
        said = json.loads((schema.metadata or {}).get(_FEATURES, b"{}"))
        features: dict[str, Any] = said.get("info", {}).get("features") or {}
        kinds = {column: dict(features.get(column, {})) for column in wanted}
    except (ValueError, AttributeError, TypeError) as error:
        message = f"{name} has features that cannot be read."
        raise DataError(message, "Save it anew with save_to_disk.") from error
    told: dict[str, Callable[[Any], Any]] = {}
    for column, kind in kinds.items():
        if kind.get("_type") == "ClassLabel" and isinstance(kind.get("names"), list):
            told[column] = _named(kind["names"])
        elif kind.get("_type") in _MEDIA:
            told[column] = _content
    return told


def _named(names: Sequence[Any]) -> Callable[[Any], Any]:
    """Name a class by its number; -1 stands for none."""

    def name(value: Any) -> Any:
        known = isinstance(value, int) and 0 <= value < len(names)
        return str(names[value]) if known else (None if value == -1 else value)

    return name


def _content(value: Any) -> Any:
    return value.get("bytes") or value.get("path") if isinstance(value, dict) else value


@contextmanager
def _opened(path: Path) -> Generator[Any]:
    import pyarrow as pa

    try:
        with pa.memory_map(str(path)) as source:
            try:
                opened = pa.ipc.open_file(source)
            except pa.ArrowInvalid:
                source.seek(0)
                opened = pa.ipc.open_stream(source)
            with opened:
                yield _Blocks(opened)
    except (pa.ArrowException, OSError) as error:
        text = (str(error).strip() or type(error).__name__).splitlines()[0]
        message = f"{path.name} cannot be read as Arrow: {text}."
        raise DataError(message, "Write it anew.") from error


class _Blocks:
    """The record batches of either form."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened
        self.schema = opened.schema

    def __iter__(self) -> Iterator[Any]:
        if hasattr(self._opened, "get_batch"):
            return map(self._opened.get_batch, range(self._opened.num_record_batches))
        return iter(self._opened)
