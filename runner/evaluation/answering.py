"""A saved model as an evaluation asks it: rows in, an answer each in the form that is scored."""

import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

import numpy as np
from mlflow.models import Model

from runner.errors import outliving, raise_if_ours
from runner.evaluation.likelihoods import LikelihoodView
from runner.evaluation.rows import as_rows, say
from runner.evaluation.sharing import shared
from runner.evaluation.views import (
    SHIPPED,
    NativeView,
    PyfuncView,
    View,
    open_view,
    pyfunc_on,
)
from runner.recipe.language.models import Recipe
from runner.tasks import Task
from runner.tasks.scoring import ScoringError

_PYFUNC = "python_function"
_LIKELIHOODS = "likelihoods"


class ModelFailed(Exception):
    """The model cannot be asked, or an answer cannot be scored; says why."""

    def __init__(self, row: int, message: str) -> None:
        super().__init__(message)
        self.row = row
        """Which row of those it was asked for; -1 for none in particular."""

    def __reduce__(self) -> tuple[type["ModelFailed"], tuple[int, str]]:
        """Be pickled on the way from a worker."""
        return ModelFailed, (self.row, str(self))


@dataclass(frozen=True)
class Asked:
    """How a model is asked.

    Args:
        view: ``pyfunc``, or ``native`` for a model that has none; ``likelihoods`` for a language
            model that is asked how likely texts are.
        config: What its inference code is asked for beside what the model says.
        streams: Whether it gives an answer piece by piece too.
    """

    view: str
    config: Mapping[str, Any]
    streams: bool = False

    @property
    def of_texts(self) -> bool:
        """Whether it is asked how likely texts are."""
        return self.view == _LIKELIHOODS


def how_to_ask(path: Path, recipe: Recipe) -> Asked:
    """Say how a model is asked, without loading it.

    Args:
        path: The model folder.
        recipe: The recipe.
    """
    if recipe.way and recipe.way.asks == _LIKELIHOODS:
        return Asked(_LIKELIHOODS, {})
    described = Model.load(str(path))
    if _PYFUNC not in described.flavors:
        return Asked("native", {})
    if SHIPPED not in (described.metadata or {}):
        return Asked("pyfunc", {})
    said = described.flavors[_PYFUNC].get("config") or {}
    asked = recipe.contract.scored_with
    config = {k: v for k, v in asked.items() if said.get(k) is None}
    return Asked("pyfunc", config, streams=recipe.contract.streams)


@dataclass(frozen=True)
class Answering:
    """A loaded model.

    Args:
        view: The model.
        task: The task.
        asked: How it is asked.
    """

    view: View
    task: Task
    asked: Asked

    def again(self, times: int) -> "Answering":
        """Give the model that is asked once more, under another seed.

        Args:
            times: How often it has been asked.
        """
        view: Any = self.view
        return replace(self, view=replace(view, seed=view.seed + times)) if times else self

    def begins(self, row: Any) -> bool:
        """Ask for the first piece of an answer, and no more of it.

        Args:
            row: The row, as the model takes it.

        Returns:
            Whether there is one: an answer may be empty.

        Raises:
            ModelFailed: The model raised.
        """
        try:
            pieces = cast(PyfuncView, self.view).stream(row)
            with closing(pieces):
                return next(pieces, None) is not None
        except Exception as error:
            raise_if_ours(error)
            raise ModelFailed(0, say(error)) from error

    def answers(self, rows: Sequence[Any]) -> list[Any]:
        """Give an answer a row, as JSON has it, in the form that is scored.

        Args:
            rows: The rows, as the model takes them.

        Raises:
            ModelFailed: The model raised, or gave what cannot be scored; names the row.
        """
        try:
            found = self._together(rows)
        except ModelFailed:  # which row of several, is found out by asking for each
            if len(rows) == 1:
                raise
            found = [self._alone(number, row) for number, row in enumerate(rows)]
        return [self._scored(number, answer) for number, answer in enumerate(found)]

    def _together(self, rows: Sequence[Any]) -> list[Any]:
        if self.asked.view != "pyfunc":
            return as_rows(self._predict(rows))
        if not self.task.batches:
            return [self._alone(number, row) for number, row in enumerate(rows)]
        counts = [self.task.rows(row) for row in rows]
        found = as_rows(self._predict(rows))
        if len(found) != sum(counts):
            raise ModelFailed(0, f"{sum(counts)} rows are wanted, {len(found)} came")
        if len(found) == len(rows):
            return found
        starts = accumulate(counts, initial=0)
        return [found[start : start + n] for start, n in zip(starts, counts, strict=False)]

    def _alone(self, number: int, row: Any) -> Any:
        try:
            output = self._predict([row])
        except ModelFailed as error:
            raise ModelFailed(number, str(error)) from error
        found = as_rows(output)
        if len(found) not in (1, self.task.rows(row)):
            raise ModelFailed(number, f"one answer is wanted, {len(found)} came")
        return found[0] if len(found) == 1 else found

    def _predict(self, rows: Sequence[Any]) -> Any:
        try:
            with outliving():
                given = self.view.predict(rows)
                return list(given) if isinstance(given, Iterator) else given
        except Exception as error:
            raise_if_ours(error)
            raise ModelFailed(0, say(error)) from error

    def _scored(self, number: int, answer: Any) -> Any:
        if answer is None:
            raise ModelFailed(number, "it says nothing of this row")
        try:
            return plain(answer if self.asked.of_texts else self.task.scored(answer))
        except (ScoringError, KeyError, TypeError, ValueError, IndexError) as error:
            raise_if_ours(error)
            form = f"what {self.task.name} gives"
            raise ModelFailed(number, f"the answer is not {form}: {say(error)}") from error


@contextmanager
def answering(
    path: Path, recipe: Recipe, asked: Asked, device: str, workdir: Path
) -> Generator[Answering]:
    """Load a model to be asked.

    Args:
        path: The model folder.
        recipe: The recipe.
        asked: How it is to be asked.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
        workdir: An empty folder.

    Yields:
        The model.

    Raises:
        ModelFailed: It does not load.
    """
    try:
        loaded = _load(path, recipe, asked, device, workdir)
        view = loaded.__enter__()
    except Exception as error:
        raise_if_ours(error)
        raise ModelFailed(-1, f"it does not load: {say(error)}") from error
    try:
        yield Answering(view, recipe.contract, asked)
    finally:
        loaded.__exit__(None, None, None)


@contextmanager
def _load(path: Path, recipe: Recipe, asked: Asked, device: str, workdir: Path) -> Generator[View]:
    if asked.view != "pyfunc":
        with open_view("native", path, recipe, device) as view:
            yield LikelihoodView(cast(NativeView, view)) if asked.of_texts else view
        return
    shown = _configured(path, asked.config, workdir) if asked.config else path
    shipped = SHIPPED in (Model.load(str(path)).metadata or {})
    with shared():
        model = pyfunc_on(device, shown, shipped=shipped)
    yield PyfuncView(model, recipe.evaluation.seed, recipe.contract)


def _configured(path: Path, config: Mapping[str, Any], workdir: Path) -> Path:
    """Give a model with more in its ``model_config``: the same files, and another ``MLmodel``."""
    described = Model.load(str(path))
    flavor = described.flavors[_PYFUNC]
    flavor["config"] = {**(flavor.get("config") or {}), **config}
    flavor["code"] = str(path / flavor["code"])  # the next model has what this one imports of it
    shown = workdir / "asked"
    shown.mkdir()
    for entry in path.iterdir():
        if entry.name != "MLmodel":
            os.symlink(entry.absolute(), shown / entry.name)
    described.save(str(shown / "MLmodel"))
    return shown


def plain(value: Any) -> Any:
    """Give an answer as JSON has it.

    Args:
        value: An answer in the form that is scored.
    """
    match value:
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case np.ndarray() | np.generic():
            return value.tolist()
        case _:
            return value
