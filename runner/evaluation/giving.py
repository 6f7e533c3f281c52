"""Rows of data as a model takes them: numbers and structures read from text, files opened."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from runner.datasets import DataError, Example, Labelled
from runner.evaluation.inputs import Materialiser
from runner.tasks import Column, Task
from runner.tasks.forms import input_problem


@dataclass(frozen=True)
class Giving:
    """Gives rows of a dataset to a model.

    Args:
        task: The task as the recipe signs it.
        data: The rows.
        rate: Samples a second that a model of recordings expects, in Hz; 0 for any other.
    """

    task: Task
    data: Labelled
    rate: int = 0

    def given(self, example: Example, value: Any) -> Any:
        """Give an input of a row as the model takes it.

        Args:
            example: The row.
            value: The input.

        Raises:
            DataError: It is not what the task takes, or a file of it is not there.
        """
        folder = self._folder
        materialiser = Materialiser(self.task, lambda _: folder, folder, self.rate)
        (row,) = materialiser.all([self.fitting(example, value)])
        return row

    def fitting(self, example: Example, value: Any) -> Any:
        """Give an input of a row with what its cells say as text, once it is what the task takes.

        Args:
            example: The row.
            value: The input.

        Raises:
            DataError: It is not what the task takes, or a file of it is not there.
        """
        if isinstance(value, dict):
            columns = {c.name: c for c in self._columns}
            structured = self.task.json_columns
            value = {k: _as_typed(columns.get(k), v, k in structured) for k, v in value.items()}
        if problem := input_problem(self.task, value):
            message = f"{example.where}: the input {problem}."
            raise DataError(message, "Mend the row, or name other columns as `inputs`.")
        if lost := next(filter(self._is_lost, self._media_of(value)), None):
            message = f"{example.where}: there is no file {self._folder / lost}."
            raise DataError(message, "Name it from the dataset's folder, or leave the row out.")
        return value

    def keyed(self, row: Any) -> Any:
        """Give a row as it is told from others: its media count by what is in their files.

        Args:
            row: The row as the model takes it.
        """
        media = self._media
        if isinstance(row, dict):
            return {k: _as_file(v) if k in media else v for k, v in row.items()}
        return _as_file(row) if media else row

    def _media_of(self, value: Any) -> list[Any]:
        """Give what of an input names files; of a task without columns it is a recording."""
        if isinstance(value, dict):
            cells: dict[str, Any] = value
            return [cells[name] for name in self._media if name in cells]
        return [value] if self._media or not (self._columns or self.task.forward) else []

    def _is_lost(self, cell: Any) -> bool:
        if not isinstance(cell, str) or "://" in cell:
            return False
        try:
            return not (self._folder / cell).is_file()
        except (OSError, ValueError):  # no file can have that name
            return True

    @cached_property
    def _folder(self) -> Path:
        return self.data.folder or Path.cwd()

    @cached_property
    def _media(self) -> list[str]:
        return [column.name for column in self._columns if column.media]

    @cached_property
    def _columns(self) -> list[Column]:
        return [entry for entry in self.task.inputs if isinstance(entry, Column)]


def _as_file(value: Any) -> Any:
    return Path(value) if isinstance(value, str) and "://" not in value else value


def _as_typed(column: Column | None, value: Any, structured: bool) -> Any:
    """Read the text of a cell as the number, or the structure, that a column takes."""
    if isinstance(value, str) and (structured or (column and column.type == "object")):
        return structure_of(value)
    if column is None or not isinstance(value, str) or column.type in ("string", "binary"):
        return value
    try:
        return int(value) if column.type in ("long", "integer") else float(value)
    except ValueError:
        return value


def structure_of(text: str) -> Any:
    """Read the list or mapping that a text is as JSON; any other text is itself.

    Args:
        text: The text, such as a cell of a table.
    """
    try:
        return json.loads(text) if text.lstrip()[:1] in ("[", "{") else text
    except ValueError:
        return text
