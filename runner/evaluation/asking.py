"""The rows of a dataset through a model: read once, asked once, kept, and timed."""

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import chain, islice
from pathlib import Path
from time import perf_counter
from typing import Any

from runner import engines
from runner.datasets import DataError, Example, Labelled
from runner.engines import LOCAL
from runner.evaluation.answering import Answering, Asked, ModelFailed, answering
from runner.evaluation.beside import memory_taken
from runner.evaluation.giving import Giving
from runner.evaluation.identity import row_key
from runner.evaluation.interim import watched
from runner.evaluation.predictions import BATCH, WINDOW, Predictions, batches
from runner.evaluation.questions import Questions, questions_of
from runner.evaluation.tokens import Tokens, tokens_of
from runner.evaluation.windows import (
    Progress,
    Sent,
    Telling,
    Told,
    Unit,
    Window,
    alike,
    together,
    untold,
)
from runner.evaluation.workers import AskingWork, Task
from runner.files.temporary import temporary_folder
from runner.recipe.language.models import Recipe
from runner.sources.base import no_progress
from runner.tasks import Column

_FIRST_TEXT, _STREAMED = "first text", "streamed"
_FEW_REQUESTS = 5


@dataclass
class Asking:
    """A model that is asked for the rows of a dataset; it is loaded when it is first asked.

    Args:
        recipe: The recipe.
        data: The rows.
        path: The model folder.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
        asked: How the model is asked.
        key: The key of the model.
        predictions: What has been answered before.
        rate: Samples a second that a model of recordings expects, in Hz; 0 for any other.
        stack: What ends the model with it.
    """

    recipe: Recipe
    data: Labelled
    path: Path
    device: str
    asked: Asked
    key: bytes
    predictions: Predictions
    rate: int
    stack: ExitStack
    inferred: int = field(default=0, init=False)
    _loaded: Answering | None = field(default=None, init=False)

    def answered(self, rows: int, progress: Progress) -> Iterator[tuple[Example, Any]]:
        """Give every row with what is scored of it; the model is asked for what it has not been.

        Args:
            rows: How many there are.
            progress: Told how many are done.

        Raises:
            DataError: A row cannot be given to the model, or the model cannot answer it.
        """
        if self.recipe.evaluation.engine != LOCAL:
            self._fill(rows, progress)
            progress = no_progress
        questions = self._questions
        questions.learn(self._vectors(questions))
        for window in watched(self, questions, self._windows(questions, rows, progress), rows):
            repeated = range(self.recipe.evaluation.repeat)
            times = [self._answers(window.flat, time, window.told) for time in repeated]
            self.inferred += len({one.number for _, asked in times for one, _ in asked})
            place = 0
            for example, of_row in zip(window.examples, window.units, strict=True):
                end = place + len(of_row)
                yield together([questions.answered(example, a[place:end]) for a, _ in times])
                place = end

    def latencies(self, requests: int, share: float = math.inf) -> list[float]:
        """Give how long single requests take, in seconds: of the first rows, one after the other.

        Args:
            requests: How many are wanted; those that were timed before are not timed again.
            share: Five are enough that took this part of the time that all answers took.
        """
        timed = [seconds for _, seconds in self.predictions.timed(self.key, "request")]
        most = share * sum(seconds for _, seconds in self.predictions.timed(self.key, "batch"))
        for example in islice(self.data.examples(), len(timed), requests):
            if len(timed) >= _FEW_REQUESTS and sum(timed) >= most:
                break
            unit = (example, self._given(example, self._questions.asked(example)[0]))
            if self._loaded is None:
                self._ask([unit])  # which warms up
            start = perf_counter()
            self._ask([unit])
            timed.append(perf_counter() - start)
            self.predictions.time(self.key, "request", timed[-1])
        return timed

    def first_texts(self, requests: int) -> None:
        """Time how long the first piece of an answer takes, of a model that gives them in pieces.

        Args:
            requests: How many rows are asked, one after the other; where it was timed, none is.
        """
        if not self.asked.streams or self.predictions.timed(self.key, _STREAMED):
            return
        for example in islice(self.data.examples(), requests):
            start = perf_counter()
            if self._model().begins(self._given(example, example.given)):
                self.predictions.time(self.key, _FIRST_TEXT, perf_counter() - start)
        self.predictions.time(self.key, _STREAMED, requests)

    def remember(self) -> None:
        """Keep how much memory it took in the end, where the model was loaded."""
        for what, value in memory_taken().items() if self._loaded else ():
            self.predictions.time(self.key, what, value)

    @property
    def _questions(self) -> Questions:
        return questions_of(self.recipe, self.data)

    @cached_property
    def _giving(self) -> Giving:
        return Giving(self.recipe.contract, self.data, self.rate)

    def _given(self, example: Example, value: Any) -> Any:
        return value if self.asked.of_texts else self._giving.given(example, value)

    def _vectors(self, questions: Questions) -> Iterator[Any]:
        for units in self._once(questions):
            yield from self._answers(units)[0]

    def _once(self, questions: Questions) -> Iterator[list[Unit]]:
        """Give what is asked once: entries of the corpus, whose files lie beside it."""
        giving = replace(self._giving, data=self.data.corpus or self.data)
        for batch in batches(questions.once(), BATCH):
            yield [(one, giving.given(one, one.given)) for one in batch]

    def _windows(self, questions: Questions, rows: int, progress: Progress) -> Iterator[Window]:
        done, repeat = 0, self.recipe.evaluation.repeat
        for batch in batches(self.data.examples(), self._window):
            units = [[(one, self._given(one, u)) for u in questions.asked(one)] for one in batch]
            each = len(batch) / (sum(map(len, units)) * repeat)
            yield Window(batch, units, Telling(progress, rows, done, each))
            done += len(batch)

    def _fill(self, rows: int, progress: Progress) -> None:
        """Let an engine answer what has no answer yet; the answers are then where rows look."""
        sent = deque[Sent]()
        tasks = self._missing(sent, rows, progress)
        first = next(tasks, None)
        if first is None:
            return
        work = AskingWork.of(self.path, self.recipe, self.asked, self.device)
        given = engines.run(self.recipe.evaluation.engine, work, chain([first], tasks))
        with closing(given):
            try:
                for answers, seconds in given:
                    units = sent[0].units
                    self._take(units, dict(zip(units, answers, strict=True)), seconds)
                    sent.popleft().told()
            except ModelFailed as error:
                raise self._failed(error, list(sent[0].units.values())) from error

    def _missing(self, sent: deque[Sent], rows: int, progress: Progress) -> Iterator[Task]:
        """Give what has to be asked, in batches; what is given is noted as sent."""
        questions, repeat = self._questions, self.recipe.evaluation.repeat
        for units in self._once(questions):
            yield from self._tasks(units, 0, sent, untold)
        for window in self._windows(questions, rows, progress):
            asked, flat = set[int](), window.flat
            for time in range(repeat):
                for task in self._tasks(flat, time, sent, window.told):
                    asked |= {one.number for one, _ in sent[-1].units.values()}
                    yield task
            self.inferred += len(asked)

    def _tasks(
        self, units: Sequence[Unit], time: int, sent: deque[Sent], told: Told
    ) -> Iterator[Task]:
        keys = self.keys(units, time)
        there = {*self.predictions.kept(keys), *(key for one in sent for key in one.units)}
        for batch, done in alike(units):
            missing = {keys[n]: units[n] for n in batch if keys[n] not in there}
            if missing:
                there |= {*missing}
                sent.append(Sent(missing, partial(told, time * len(units) + done)))
                yield [given for _, given in missing.values()], time

    @property
    def _window(self) -> int:
        """Rows that are held at once, so that those of a length are asked together."""
        columns = self.recipe.contract.inputs
        texts = all(isinstance(entry, Column) and not entry.media for entry in columns)
        return WINDOW if texts else BATCH

    def _answers(
        self, units: Sequence[Unit], time: int = 0, told: Told = untold
    ) -> tuple[list[Any], list[Unit]]:
        """Give an answer a unit, and the units that the model had to be asked for.

        Args:
            units: The units.
            time: Which time it is that they are asked, from 0.
            told: Told how many have an answer, those of the times before included.
        """
        keys = self.keys(units, time)
        kept, asked = self.predictions.kept(keys), list[Unit]()
        for batch, done in alike(units):
            missing = {keys[n]: units[n] for n in batch if keys[n] not in kept}
            if missing:
                kept |= self._keep(missing, time)
                asked += missing.values()
            told(time * len(units) + done)
        return [kept[key] for key in keys], asked

    def keys(self, units: Sequence[Unit], time: int = 0) -> list[bytes]:
        """Give the keys that the answers to units are kept under, of a time that they are asked."""
        of_model = self.key + (f"time {time}".encode() if time else b"")
        return [row_key(of_model, self._giving.keyed(given)) for _, given in units]

    def _keep(self, missing: Mapping[bytes, Unit], time: int) -> Mapping[bytes, Any]:
        units = list(missing.values())
        self._model()  # loading it is no part of the time
        start = perf_counter()
        found = dict(zip(missing, self._ask(units, time), strict=True))
        self._take(missing, found, perf_counter() - start)
        return found

    def _take(
        self, units: Mapping[bytes, Unit], found: Mapping[bytes, Any], seconds: float
    ) -> None:
        counted = self._counted(list(units.values()), found)
        memory = memory_taken() if self._loaded else {}  # else by those whom an engine asks
        self.predictions.keep(found, self.key, seconds, {**counted, **memory})

    def _counted(self, units: Sequence[Unit], found: Mapping[bytes, Any]) -> Mapping[str, float]:
        """Count the tokens of inputs and answers, of a model that generates text."""
        if self.asked.of_texts or not (tokens := self._tokens):
            return {}
        prompts = tokens.of([given for _, given in units])
        return {"prompt tokens": prompts, "generated tokens": tokens.of(list(found.values()))}

    @cached_property
    def _tokens(self) -> Tokens | None:
        return tokens_of(self.path, self.recipe.contract)

    def _ask(self, units: Sequence[Unit], time: int = 0) -> list[Any]:
        try:
            return self._model().again(time).answers([given for _, given in units])
        except ModelFailed as error:
            raise self._failed(error, units) from error

    def _failed(self, error: ModelFailed, units: Sequence[Unit]) -> DataError:
        where = units[error.row][0].where if error.row >= 0 else self.data.name
        message = f"{where}: the model gives no answer: {error}."
        return DataError(message, "Mend the row, or leave it out with `where`.")

    def _model(self) -> Answering:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def _load(self) -> Answering:
        workdir = self.stack.enter_context(temporary_folder("asked"))
        start = perf_counter()
        try:
            model = self.stack.enter_context(
                answering(self.path, self.recipe, self.asked, self.device, workdir)
            )
        except ModelFailed as error:
            raise DataError(f"{self.path}: {error}.", "The proof says more of it.") from error
        self.predictions.time(self.key, "load", perf_counter() - start)
        return model
