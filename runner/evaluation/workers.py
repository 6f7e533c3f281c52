"""What each worker of an engine does for an evaluation: it loads the model, and asks it."""

import atexit
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Self

from runner.evaluation.answering import Asked, answering
from runner.files.temporary import temporary_folder
from runner.machine.ffmpeg import ffmpeg_on_path
from runner.recipe.language.models import Recipe

Task = tuple[Sequence[Any], int]
"""Rows that are asked together, as the model takes them, and which time it is, from 0."""
Given = tuple[list[Any], float]
"""An answer a row, and how many seconds they took together."""


@dataclass(frozen=True)
class AskingWork:
    """Asks for batches of rows.

    Args:
        path: The model folder, which every worker can read.
        recipe: The recipe.
        asked: How the model is asked.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
    """

    path: Path
    recipe: Recipe
    asked: Asked
    device: str

    @classmethod
    def of(cls, path: Path, recipe: Recipe, asked: Asked, device: str) -> Self:
        """Make it, without what no worker needs: the data, and metrics, which may be code.

        Args:
            path: The model folder.
            recipe: The recipe.
            asked: How the model is asked.
            device: ``auto``, ``cpu`` or ``cuda:<n>``.
        """
        bare = recipe.evaluation.model_copy(update={"dataset": None, "metrics": []})
        return cls(path.absolute(), recipe.model_copy(update={"evaluation": bare}), asked, device)

    def begin(self) -> Callable[[Task], Given]:
        """Load the model; it ends with the process.

        Raises:
            ModelFailed: It does not load.
        """
        stack = ExitStack()
        atexit.register(stack.close)
        stack.enter_context(ffmpeg_on_path())
        workdir = stack.enter_context(temporary_folder("asked"))
        model = stack.enter_context(
            answering(self.path, self.recipe, self.asked, self.device, workdir)
        )

        def answers(task: Task) -> Given:
            rows, time = task
            start = perf_counter()
            found = model.again(time).answers(rows)
            return found, perf_counter() - start

        return answers
