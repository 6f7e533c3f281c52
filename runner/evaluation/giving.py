"""Rows of data as a model takes them: numbers and structures read from text, files opened."""

import json
from dataclasses import dataclass
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
            DataError: It is not what the task takes.
        """
        if isinstance(value, dict):
            columns = {c.name: c for c in self._columns}
            structured = self.task.json_columns
            value = {k: _as_typed(columns.get(k), v, k in structured) for k, v in value.items()}
        if problem := input_problem(self.task, value):
            message = f"{example.where}: the input {problem}."
            raise DataError(message, "Mend the row, or name other columns as `inputs`.")
        folder = self.data.folder or Path.cwd()
        (row,) = Materialiser(self.task, lambda _: folder, folder, self.rate).all([value])
        return row

    def keyed(self, row: Any) -> Any:
        """Give a row as it is told from others: its media count by what is in their files.

        Args:
            row: The row as the model takes it.
        """
        media = [c.name for c in self._columns if c.media]
        if isinstance(row, dict):
            return {k: _as_file(v) if k in media else v for k, v in row.items()}
        return _as_file(row) if media else row

    @property
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
