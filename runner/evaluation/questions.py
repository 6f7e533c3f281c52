"""What a model is asked for a row, and what its answers say of the row: a class for each way."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from runner.datasets import DataError, Example, Labelled
from runner.evaluation.giving import structure_of
from runner.recipe.language.models import Recipe
from runner.tasks import Column, Task
from runner.tasks.ways import CHOICE, LIKELIHOOD, PAIR, SEARCH, Way

_DEEPEST = 1000
"""How many entries of a ranking are kept."""
_REMEDY = "Mend the row, or leave it out with `where`."


class Questions(Protocol):
    """What is asked for the rows of a dataset."""

    def once(self) -> Iterator[Example]:
        """Give what is asked once, and not for each row."""
        ...

    def learn(self, answers: Iterable[Any]) -> None:
        """Take the answers to what is asked once, in order."""
        ...

    def asked(self, example: Example) -> list[Any]:
        """Give the inputs that the model gets for a row.

        Raises:
            DataError: The row has not what is asked about.
        """
        ...

    def answered(self, example: Example, answers: Sequence[Any]) -> tuple[Example, Any]:
        """Give a row as metrics get it, and what is scored of it.

        Args:
            example: The row.
            answers: The model's answer to each of its inputs.
        """
        ...


class Single:
    """A row is an input, and its answer is scored."""

    def once(self) -> Iterator[Example]:
        """Give nothing."""
        return iter(())

    def learn(self, answers: Iterable[Any]) -> None:
        """Take nothing."""

    def asked(self, example: Example) -> list[Any]:
        """Give the input."""
        return [example.given]

    def answered(self, example: Example, answers: Sequence[Any]) -> tuple[Example, Any]:
        """Give the answer."""
        return example, answers[0]


class Pair(Single):
    """A row is two inputs; the cosine of their vectors is scored.

    Args:
        task: The task that gives the vectors.
    """

    def __init__(self, task: Task) -> None:
        self._task = task

    def asked(self, example: Example) -> list[Any]:
        """Give both."""
        return [_as_input(self._task, example.given[name]) for name in ("first", "second")]

    def answered(self, example: Example, answers: Sequence[Any]) -> tuple[Example, Any]:
        """Give the cosine."""
        first, second = (np.asarray(answer, np.float64) for answer in answers)
        lengths = np.linalg.norm(first) * np.linalg.norm(second)
        return example, float(first @ second / lengths) if lengths else float("nan")


class Search(Single):
    """A row is a query; what is scored is how entries of a corpus rank by their cosine with it.

    Args:
        task: The task that gives the vectors.
        data: The queries, with their corpus.
    """

    def __init__(self, task: Task, data: Labelled) -> None:
        self._task, self._data = task, data
        self._places: dict[str, int] = {}
        self._vectors: np.ndarray[Any, np.dtype[np.float32]] = np.zeros((0, 0), np.float32)

    def once(self) -> Iterator[Example]:
        """Give the entries of the corpus."""
        corpus = self._data.corpus
        if corpus is None:
            raise DataError(f"{self._data.name} has no corpus.", "Name one.")
        for entry in corpus.examples():
            self._places[entry.id] = entry.number
            yield replace(entry, given=_as_input(self._task, entry.given))

    def learn(self, answers: Iterable[Any]) -> None:
        """Take the vectors of the corpus."""
        self._vectors = np.stack([_unit(vector) for vector in answers])

    def asked(self, example: Example) -> list[Any]:
        """Give the query; once the corpus is known, its target is in it."""
        self._insist(example)
        given = example.given
        return [_as_input(self._task, given["query"] if isinstance(given, dict) else given)]

    def answered(self, example: Example, answers: Sequence[Any]) -> tuple[Example, Any]:
        """Rank the corpus; of entries that are as near, the first in the corpus comes first."""
        near = self._vectors @ _unit(answers[0])
        ids = list(self._places)
        return example, [ids[place] for place in np.argsort(-near, kind="stable")[:_DEEPEST]]

    def _insist(self, example: Example) -> None:
        """Refuse a row whose target is not in the corpus: it could never be found."""
        lost = [one for one in _ids(example.target) if one not in self._places]
        if self._places and lost:
            raise DataError(f"{example.where}: the corpus has no entry {lost[0]}.", _REMEDY)


class Likelihood(Single):
    """A row is a text, or a prompt with a target behind it; how likely that is is scored."""

    def __init__(self, data: Labelled) -> None:
        self._data = data

    def asked(self, example: Example) -> list[Any]:
        """Give the text, and what it stands behind."""
        if self._data.block.target is None:
            prompt, text = None, _bare(example.given)
        else:
            prompt, text = _bare(example.given), example.target
        for one in (text, prompt):
            if not (isinstance(one, str) or one is None):
                raise DataError(f"{example.where}: a text is wanted, not {one!r}.", _REMEDY)
        return [{"prompt": prompt, "texts": [text]}]

    def answered(self, example: Example, answers: Sequence[Any]) -> tuple[Example, Any]:
        """Give the likelihood."""
        return example, answers[0][0]


class Choice(Single):
    """A row is a prompt with choices; how likely each is behind it is its score as a label."""

    def asked(self, example: Example) -> list[Any]:
        """Give the prompt with all choices."""
        texts = list(self._choices(example).values())
        return [{"prompt": str(example.given["prompt"]), "texts": texts}]

    def answered(self, example: Example, answers: Sequence[Any]) -> tuple[Example, Any]:
        """Give the choices, the likeliest first; scores are probabilities among the choices."""
        labels = list(self._choices(example))
        summed = np.array([one["log_likelihood"] for one in answers[0]])
        likely = np.exp(summed - summed.max())
        scored = zip(labels, (likely / likely.sum()).tolist(), strict=True)
        answer = [{"label": label, "score": score} for label, score in scored]
        return self._named(example, labels), sorted(answer, key=lambda one: -float(one["score"]))

    def _choices(self, example: Example) -> Mapping[str, str]:
        """Give the choices by what targets call them: as they are, or by keys of a mapping."""
        given = example.given["choices"]
        if isinstance(given, str):
            given = structure_of(given)
        if isinstance(given, list):
            given = {str(one): str(one) for one in given}
        if not isinstance(given, dict) or len(given) < 2:
            message = f"{example.where}: two or more choices are wanted, not {given!r}."
            raise DataError(message, _REMEDY)
        return {str(name): str(text) for name, text in given.items()}

    def _named(self, example: Example, labels: Sequence[str]) -> Example:
        """Give the row with its target by name, where it is the number of a choice, from 0."""
        target = example.target
        if target is None or str(target) in labels:
            return example
        number = int(target) if str(target).isdecimal() else len(labels)
        if number >= len(labels):
            message = f"{example.where}: the target {target!r} is none of the choices."
            raise DataError(message, _REMEDY)
        return replace(example, target=labels[number])


def questions_of(recipe: Recipe, data: Labelled) -> Questions:
    """Give what a recipe has its model asked.

    Args:
        recipe: The recipe.
        data: The rows.
    """
    ways: Mapping[Way, Callable[[], Questions]] = {
        PAIR: lambda: Pair(recipe.contract),
        SEARCH: lambda: Search(recipe.contract, data),
        LIKELIHOOD: lambda: Likelihood(data),
        CHOICE: Choice,
    }
    return ways[recipe.way]() if recipe.way in ways else Single()


def _as_input(task: Task, value: Any) -> Any:
    """Give a value as the one input of a task."""
    names = [entry.name for entry in task.inputs if isinstance(entry, Column)]
    return {names[0]: value} if names and names[0] else value


def _bare(given: Any) -> Any:
    """Give the one value of an input that has a name."""
    return next(iter(given.values())) if isinstance(given, dict) and len(given) == 1 else given


def _unit(vector: Any) -> "np.ndarray[Any, np.dtype[np.float32]]":
    found = np.asarray(vector, np.float64)
    length = np.linalg.norm(found)
    return (found / length if length else found).astype(np.float32)


def _ids(target: Any) -> list[str]:
    found = structure_of(target) if isinstance(target, str) else target
    match found:
        case dict() | list():
            return [str(one) for one in found]
        case _:
            return [str(found)]
