"""A model of any kind, asked for rows: an answer each, or why there is none."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.models import Model
from mlflow.pyfunc import PyFuncModel
from mlflow.types.schema import Array, DataType, Schema

from runner.errors import RunnerError, SourceError, first_line, outliving, raise_if_ours
from runner.evaluation.answering import plain
from runner.evaluation.rows import as_rows, say
from runner.evaluation.views import SHIPPED, pyfunc_on
from runner.prediction.inputs import BadCell, Input, frame, row_of
from runner.pyfunc.seeding import seed_draws
from runner.tasks import Task, find_task

_ROW = re.compile(r"(?:^|(?<=: ))row 0: ")
"""What inference code says of the one row that it got."""


@dataclass(frozen=True)
class Answer:
    """What a row gave.

    Args:
        value: The answer, as JSON has it.
        error: Why there is none; empty where there is one.
    """

    value: Any = None
    error: str = ""


@dataclass(frozen=True)
class RowModel:
    """A loaded model.

    Args:
        model: The model.
        inputs: Where each of its inputs comes from.
        params: Params of every call.
        folder: Folder of the data.
    """

    model: PyFuncModel
    inputs: Sequence[Input]
    params: Mapping[str, Any]
    folder: Path

    def answers(self, rows: Sequence[Mapping[str, Any]], seed: int) -> list[Answer]:
        """Ask for rows together; where that fails, for halves of them, down to the wrong ones.

        Args:
            rows: Rows of the data.
            seed: Seed of answers that are drawn.
        """
        seed_draws(seed)
        given: dict[int, dict[str, Any]] = {}
        found: dict[int, Answer] = {}
        for number, row in enumerate(rows):
            try:
                given[number] = row_of(self.inputs, row, self.folder)
            except BadCell as error:
                found[number] = Answer(error=str(error))
        found |= dict(zip(given, self._asked(list(given.values())), strict=True))
        return [found[number] for number in range(len(rows))]

    def _asked(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        if not rows:
            return []
        found, wrong = None, ""
        if all(row.keys() == rows[0].keys() for row in rows):
            try:
                with outliving():
                    given = self.model.predict(frame(rows), params=dict(self.params) or None)
                    found = as_rows(given)
            except Exception as error:
                raise_if_ours(error)
                wrong = _ROW.sub("", say(error))
        if found is not None and len(found) == len(rows):
            return [Answer(plain(one)) for one in found]
        if len(rows) == 1:
            return [Answer(error=wrong) if found is None else Answer(plain(found))]
        middle = len(rows) // 2
        return self._asked(rows[:middle]) + self._asked(rows[middle:])


@dataclass(frozen=True)
class RowWork:
    """What each worker does: it loads the model, and asks it for the rows of a batch.

    Args:
        path: The model folder, which every worker can read.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
        inputs: Where each of its inputs comes from.
        params: Params of every call.
        folder: Folder of the data.
    """

    path: Path
    device: str
    inputs: Sequence[Input]
    params: Mapping[str, Any]
    folder: Path

    def begin(self) -> Callable[[tuple[Sequence[Mapping[str, Any]], int]], list[Answer]]:
        """Load the model.

        Raises:
            SourceError: It does not load.
        """
        model = load(self.path, described(self.path), self.device)
        asked = RowModel(model, self.inputs, self.params, self.folder)
        return lambda task: asked.answers(*task)


def described(path: Path) -> Model:
    """Read what a model says of itself.

    Args:
        path: The model folder.

    Raises:
        SourceError: It is no model that MLflow's pyfunc loads.
    """
    try:
        found = Model.load(str(path))
    except Exception as error:
        raise_if_ours(error)
        raise SourceError(f"{path} is no MLflow model: {first_line(error)}", "Name one.") from error
    if "python_function" not in found.flavors:
        raise SourceError(
            f"{path} has no python_function flavor, which batches are asked through",
            "Package it with a task that has one.",
        )
    return found


def load(path: Path, said: Model, device: str) -> PyFuncModel:
    """Load a model.

    Args:
        path: The model folder.
        said: What it says of itself.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.

    Raises:
        SourceError: It does not load.
    """
    try:
        return pyfunc_on(device, path, shipped=SHIPPED in (said.metadata or {}))
    except RunnerError:
        raise
    except Exception as error:
        raise_if_ours(error)
        raise SourceError(
            f"{path} does not load: {say(error)}", "Install what it needs."
        ) from error


def task_of(said: Model) -> Task | None:
    """Give the task of a model of transformers; None of any other.

    Args:
        said: What the model says of itself.
    """
    flavor = said.flavors.get("transformers") or {}
    return find_task(str(flavor.get("inference_task") or flavor.get("task")))


def flat_outputs(outputs: Schema | None) -> list[str]:
    """Give the names of a model's outputs, where each has one and is a plain value, or some.

    Args:
        outputs: The outputs of its signature.
    """
    if outputs is None or outputs.is_tensor_spec() or not outputs.has_input_names():
        return []
    plain_ones = all(isinstance(column.type, DataType | Array) for column in outputs.inputs)
    return [str(column.name) for column in outputs.inputs] if plain_ones else []


def drawn_from(seed: int, batch: int) -> int:
    """Give the seed of a batch, the same whenever it is asked.

    Args:
        seed: The seed of all.
        batch: Number of the batch.
    """
    return random.Random(f"{seed} {batch}").getrandbits(32)  # noqa: S311 - not for secrets
