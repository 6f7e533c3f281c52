"""Inputs of the proof: from what a recipe writes to what callers of a model give."""

import json
import math
import struct
import wave
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from runner.errors import SourceError
from runner.ffmpeg import decode
from runner.recipe.language.models import Recipe
from runner.tasks import Column, Task
from runner.tasks.base import Media
from runner.tasks.forms import rows_of

_RATE = 16_000
_SIDE = 64


def inputs_of(recipe: Recipe) -> list[Any]:
    """Give the inputs of the proof: declared, else the input example, else the task's own."""
    if recipe.evaluation.inputs:
        return recipe.evaluation.inputs
    if recipe.input_example is not None:
        return rows_of(recipe.contract, recipe.input_example)
    return [recipe.contract.example]


def are_the_tasks_own(recipe: Recipe) -> bool:
    """Say whether a recipe names no input, so that the task's example stands in."""
    return not recipe.evaluation.inputs and recipe.input_example is None


class Materialiser:
    """Turns the inputs of a recipe into the ones a model takes: files into their contents.

    Args:
        task: The task as the recipe signs it.
        folder_of: Gives the folder that relative paths of an input are relative to, by number.
        workdir: Folder for sample files, where the task's own example stands in.
        sampling_rate: Samples a second that the model expects, in Hz (audio).
        sample: Whether files are to be made up, not read.
    """

    def __init__(
        self,
        task: Task,
        folder_of: Callable[[int], Path],
        workdir: Path,
        sampling_rate: int = _RATE,
        *,
        sample: bool = False,
    ) -> None:
        self._task = task
        self._folder_of = folder_of
        self._workdir = workdir
        self._rate = sampling_rate or _RATE
        self._sample = sample

    def all(self, rows: Sequence[Any]) -> list[Any]:
        """Turn every row.

        Args:
            rows: Rows as a recipe has them.

        Returns:
            Text, numbers and structures as they are; audio as bytes, absolute path or float32
            array of shape ``(samples,)``; images as absolute path.

        Raises:
            SourceError: A file cannot be read or decoded.
        """
        return [self._row(row, number) for number, row in enumerate(rows)]

    def _row(self, row: Any, number: int) -> Any:
        columns = [entry for entry in self._task.inputs if isinstance(entry, Column)]
        if not columns:
            return self._array(row, number)
        media = {column.name: column for column in columns if column.media}
        if not media:
            return row
        if isinstance(row, dict):
            return {k: self._file(media[k], v, number) if k in media else v for k, v in row.items()}
        return self._file(media[columns[0].name], row, number)

    def _array(self, row: Any, number: int) -> Any:
        if isinstance(row, list):
            return np.asarray(row, np.float32)
        try:
            return np.frombuffer(decode(self._path(row, number, "audio"), self._rate), np.float32)
        except (ValueError, OSError) as error:
            raise SourceError(str(error), "Name a recording that ffmpeg can read.") from error

    def _file(self, column: Column, value: str, number: int) -> Any:
        if "://" in value:
            return value
        path = self._path(value, number, column.media)
        try:
            return path.read_bytes() if column.type == "binary" else str(path)
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror}", "Check it.") from error

    def _path(self, value: str, number: int, media: Media) -> Path:
        if self._sample:
            return sample_file(self._workdir, media)
        return (self._folder_of(number) / value).absolute()


def as_callers_write(task: Task, row: Any) -> Any:
    """Write the structured columns of a row as the JSON text that callers of the pyfunc send.

    Args:
        task: The task.
        row: A row as a model takes it.
    """
    if not isinstance(row, dict):
        return row
    return {k: json.dumps(v) if _is_structured(task, k, v) else v for k, v in row.items()}


def _is_structured(task: Task, key: str, value: Any) -> bool:
    return key in task.json_columns and not isinstance(value, str)


def sample_file(folder: Path, media: Media) -> Path:
    """Make a sample: a second of a 440 Hz tone, or a picture of 64 by 64 pixels.

    Args:
        folder: Where to put it.
        media: ``audio`` or ``image``.

    Returns:
        The file: WAV at 16 kHz, or PNG.
    """
    path = folder / ("sample.wav" if media == "audio" else "sample.png")
    if not path.exists():
        (_write_tone if media == "audio" else _write_picture)(path)
    return path


def _write_tone(path: Path) -> None:
    values = (int(8000 * math.sin(2 * math.pi * 440 * i / _RATE)) for i in range(_RATE))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        out.writeframes(b"".join(struct.pack("<h", value) for value in values))


def _write_picture(path: Path) -> None:
    rows = b"".join(
        b"\0" + bytes(v for x in range(_SIDE) for v in (4 * x, 4 * y, 128)) for y in range(_SIDE)
    )
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))
