"""The rows of a dataset through a model: asked once, kept, and timed."""

import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.datasets import DataError, Example, Labelled
from runner.datasets.errors import at_row
from runner.evaluation.answering import Answering, Asked, ModelFailed, answering
from runner.evaluation.identity import row_key
from runner.evaluation.inputs import Materialiser
from runner.evaluation.predictions import Predictions, batches
from runner.recipe.language.models import Recipe
from runner.records import peak_memory
from runner.tasks import Column
from runner.tasks.forms import input_problem
from runner.temporary import temporary_folder

BATCH = 128
"""Rows that are asked together and kept together."""

Progress = Callable[[str, int, int], None]


@dataclass
class Asking:
    """A model that is asked for the rows of a dataset.

    Args:
        recipe: The recipe.
        data: The rows.
        path: The model folder.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
        asked: How the model is asked.
        key: The key of the model.
        predictions: What has been answered before.
        rate: Samples a second that a model of recordings expects, in Hz; 0 for any other.
    """

    recipe: Recipe
    data: Labelled
    path: Path
    device: str
    asked: Asked
    key: bytes
    predictions: Predictions
    rate: int = 0
    inferred: int = field(default=0, init=False)

    def all(self, rows: int, progress: Progress) -> None:
        """Ask for every row that has not been answered; the model is loaded for the first one.

        Args:
            rows: How many there are.
            progress: Told how many are done.

        Raises:
            DataError: A row cannot be given to the model, or the model cannot answer it.
        """
        done = 0
        with self._opened() as model:
            for batch in batches(self.data.examples(), BATCH):
                missing = self._missing(batch)
                if missing:
                    self._ask(model(), missing)
                done += len(batch)
                progress("rows", done, rows)

    def pairs(self) -> Iterator[tuple[Example, Any]]:
        """Give every row with its answer.

        Raises:
            DataError: A row cannot be given to the model any more.
        """
        for batch in batches(self.data.examples(), BATCH):
            keys = [row_key(self.key, self._keyed(self._given(example))) for example in batch]
            kept = self.predictions.kept(keys)
            yield from zip(batch, (kept[key] for key in keys), strict=True)

    def latencies(self, requests: int) -> list[float]:
        """Give how long single rows take, in seconds: the first ones, each a request of its own.

        Args:
            requests: How many are wanted; those that were timed before are not timed again.
        """
        timed = [seconds for _, seconds in self.predictions.timed(self.key, "request")]
        if len(timed) >= requests:
            return timed
        with self._opened() as model:
            for number, example in enumerate(self.data.examples()):
                if number >= requests:
                    break
                row = self._given(example)
                if not number:
                    self._answers(model(), [example], [row])  # the first one warms up
                start = time.perf_counter()
                self._answers(model(), [example], [row])
                seconds = time.perf_counter() - start
                self.predictions.time(self.key, "request", seconds)
                timed.append(seconds)
        return timed

    @contextmanager
    def _opened(self) -> Generator[Callable[[], Answering]]:
        """Give a way to the model; it is loaded when it is first asked for."""
        loaded: list[Answering] = []
        with ExitStack() as stack:

            def model() -> Answering:
                if not loaded:
                    loaded.append(self._load(stack))
                return loaded[0]

            yield model
            if loaded:
                self.predictions.time(self.key, "memory", float(peak_memory()))

    def _load(self, stack: ExitStack) -> Answering:
        workdir = Path(stack.enter_context(temporary_folder("asked")))
        start = time.perf_counter()
        try:
            model = stack.enter_context(
                answering(self.path, self.recipe, self.asked, self.device, workdir)
            )
        except ModelFailed as error:
            raise DataError(f"{self.path}: {error}.", "The proof says more of it.") from error
        self.predictions.time(self.key, "load", time.perf_counter() - start)
        return model

    def _missing(self, batch: Sequence[Example]) -> Mapping[bytes, tuple[Example, Any]]:
        given = [(example, self._given(example)) for example in batch]
        keyed = {row_key(self.key, self._keyed(row)): (example, row) for example, row in given}
        kept = self.predictions.kept(list(keyed))
        return {key: one for key, one in keyed.items() if key not in kept}

    def _ask(self, model: Answering, missing: Mapping[bytes, tuple[Example, Any]]) -> None:
        examples, rows = zip(*missing.values(), strict=True)
        start = time.perf_counter()
        answers = self._answers(model, examples, rows)
        seconds = time.perf_counter() - start
        self.predictions.keep(dict(zip(missing, answers, strict=True)), self.key, seconds)
        self.inferred += len(rows)

    def _answers(
        self, model: Answering, examples: Sequence[Example], rows: Sequence[Any]
    ) -> list[Any]:
        try:
            return model.answers(rows)
        except ModelFailed as error:
            where = self.data.name
            if error.row >= 0:
                where = at_row(self.data.name, examples[error.row].id)
            message = f"{where}: the model gives no answer: {error}."
            raise DataError(message, "Mend the row, or leave it out with `where`.") from error

    def _given(self, example: Example) -> Any:
        """Give a row as the model takes it.

        Raises:
            DataError: It is not what the task takes.
        """
        task, given = self.recipe.contract, example.given
        columns = {c.name: c for c in task.inputs if isinstance(c, Column)}
        if isinstance(given, dict):
            structured = task.json_columns
            given = {k: _as_typed(columns.get(k), v, k in structured) for k, v in given.items()}
        if problem := input_problem(task, given):
            message = f"{at_row(self.data.name, example.id)}: the input {problem}."
            raise DataError(message, "Mend the row, or name other columns as `inputs`.")
        folder = self.data.folder or Path.cwd()
        (row,) = Materialiser(task, lambda _: folder, folder, self.rate).all([given])
        return row

    def _keyed(self, row: Any) -> Any:
        """Give a row whose media count by what is in their files."""
        media = [c.name for c in self.recipe.contract.inputs if isinstance(c, Column) and c.media]
        if isinstance(row, dict):
            return {k: _as_file(v) if k in media else v for k, v in row.items()}
        return _as_file(row) if media else row


def _as_file(value: Any) -> Any:
    return Path(value) if isinstance(value, str) and "://" not in value else value


def _as_typed(column: Column | None, value: Any, structured: bool) -> Any:
    """Read the text of a cell as the number, or the structure, that a column takes."""
    if isinstance(value, str) and (structured or (column and column.type == "object")):
        return _structure(value)
    if column is None or not isinstance(value, str) or column.type in ("string", "binary"):
        return value
    try:
        return int(value) if column.type in ("long", "integer") else float(value)
    except ValueError:
        return value


def _structure(text: str) -> Any:
    try:
        return json.loads(text) if text.lstrip()[:1] in ("[", "{") else text
    except ValueError:
        return text
