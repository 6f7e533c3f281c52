"""Inputs of the proof: from what a recipe writes to what callers of a model give."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import SourceError
from runner.evaluation.samples import sample_file
from runner.findings import Loc
from runner.machine.ffmpeg import decode
from runner.recipe.composing.composed import Composed
from runner.recipe.language.models import Recipe
from runner.tasks import Column, Task, Tensor
from runner.tasks.forms import example_rows
from runner.tasks.media import Media

_RATE = 16_000


def inputs_of(recipe: Recipe) -> list[Any]:
    """Give the inputs of the proof: declared, else the input example, else the task's own."""
    if recipe.evaluation.inputs:
        return recipe.evaluation.inputs
    if recipe.input_example is not None:
        return example_rows(recipe.contract, recipe.input_example)
    return [recipe.contract.example]


@dataclass(frozen=True)
class Inputs:
    """Inputs as the model takes them.

    Args:
        proof: Those of the proof.
        written: The same as they are written, in the recipe or as the task's own example.
        example: The rows of the input example; empty where the recipe has none.
        single: Whether the example is one row, not a batch.
    """

    proof: list[Any]
    written: list[Any]
    example: list[Any]
    single: bool

    def example_of(self, recipe: Recipe) -> Any:
        """Give the input example as callers of the pyfunc write it, with the params' defaults.

        Args:
            recipe: The recipe.
        """
        if not self.example:
            return None
        rows = [as_callers_write(recipe.contract, row) for row in self.example]
        example = rows[0] if self.single else rows
        params = {name: p.default for name, p in recipe.params.items() if p.default is not None}
        return (example, params) if params else example


def read_inputs(
    composed: Composed, workdir: Path, sampling_rate: int, own_example: Callable[[], Any]
) -> Inputs:
    """Read the inputs of the proof and the input example, their files included.

    Args:
        composed: The composed recipe.
        workdir: Folder for sample files, where the task's own example stands in.
        sampling_rate: Samples a second that the model expects, in Hz; 0 for no recordings.
        own_example: Gives the task's own example, as the model wants it.

    Raises:
        SourceError: A file cannot be read or decoded.
    """
    recipe = composed.recipe
    own = not recipe.evaluation.inputs and recipe.input_example is None

    def all_of(rows: list[Any], loc: Loc, *, sample: bool = False) -> list[Any]:
        def folder_of(number: int) -> Path:
            return composed.origin((*loc, number)).folder

        rate = sampling_rate
        return Materialiser(recipe.contract, folder_of, workdir, rate, sample=sample).all(rows)

    given = recipe.input_example
    rows = [] if given is None else example_rows(recipe.contract, given)
    example = all_of(rows, ("input_example",))
    written = [own_example()] if own else inputs_of(recipe)
    proof = example
    if recipe.evaluation.inputs or own:
        proof = all_of(written, ("evaluation", "inputs"), sample=own)
    return Inputs(proof, written, example, single=rows == [given])


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
        if not columns and isinstance(row, dict):
            return {name: self._array(value, number) for name, value in row.items()}
        if not columns:
            return self._array(row, number)
        media = {column.name: column for column in columns if column.media}
        if not media:
            return row
        if isinstance(row, dict):
            return {k: self._file(media[k], v, number) if k in media else v for k, v in row.items()}
        return self._file(media[columns[0].name], row, number)

    def _array(self, row: Any, number: int) -> Any:
        import numpy as np  # who only reads what was recorded needs none

        if isinstance(row, list):
            return np.asarray(row, np.float32)
        try:
            return np.frombuffer(decode(self._path(row, number, "audio"), self._rate), np.float32)
        except (ValueError, OSError) as error:
            raise SourceError(str(error), "Name a recording that ffmpeg can read.") from error

    def _file(self, column: Column, value: Any, number: int) -> Any:
        if column.type == "object" and column.media == "audio":
            return self._array(value, number)
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
    """Write a row as callers of the pyfunc send it.

    Structured columns are JSON text, and tensors have the dtype and the dimensions of theirs.

    Args:
        task: The task.
        row: A row as a model takes it.
    """
    tensors = {entry.name: entry for entry in task.inputs if isinstance(entry, Tensor)}
    if not isinstance(row, dict):
        return _as_tensor(tensors[""], row) if "" in tensors else row
    return {
        k: json.dumps(v) if _is_structured(task, k, v)
        else _as_tensor(tensors[k], v) if k in tensors
        else v
        for k, v in row.items()
    }  # fmt: skip


def _as_tensor(tensor: Tensor, value: Any) -> Any:
    """Give an array as a tensor of one row, where the signature has rows."""
    import numpy as np  # who only reads what was recorded needs none

    array = np.asarray(value, tensor.dtype)
    return array.reshape((1,) * (len(tensor.shape) - array.ndim) + array.shape)


def _is_structured(task: Task, key: str, value: Any) -> bool:
    return key in task.json_columns and not isinstance(value, str)
