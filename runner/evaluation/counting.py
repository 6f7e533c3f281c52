"""The rows of a dataset, looked at one by one before anything is made that is asked about them."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from runner.datasets import DataError, Example, Labelled
from runner.datasets.errors import at_row
from runner.evaluation.giving import Giving
from runner.evaluation.questions import questions_of
from runner.evaluation.targets import insist_on_target
from runner.recipe.language.models import Recipe


def count(recipe: Recipe, data: Labelled) -> int:
    """Look at every row once, so that what is wrong with one is said before any is inferred.

    Args:
        recipe: The recipe.
        data: Its rows.

    Returns:
        How many there are.

    Raises:
        DataError: One cannot be read, is not what the task takes, names a file that is not there,
            has the id of another or a target that a metric cannot take; or there is none.
    """
    questions, giving = questions_of(recipe, data), Giving(recipe.contract, data)
    of_texts = recipe.way is not None and recipe.way.asks == "likelihoods"
    form, metrics = recipe.form, recipe.evaluation.metrics
    if data.corpus:
        deque(_told_apart(data.corpus), maxlen=0)
        of_corpus = replace(giving, data=data.corpus)
        for entry in questions.once():
            of_corpus.fitting(entry, entry.given)
    rows = 0
    for example in _told_apart(data):
        rows += 1
        insist_on_target(example, form, metrics)
        for value in questions.asked(example):
            if not of_texts:
                giving.fitting(example, value)
    return rows


def _told_apart(data: Labelled) -> Iterator[Example]:
    """Give the rows, each with an id of its own."""
    ids: set[str] = set()
    rows = 0
    for example in data.examples():
        rows += 1
        if data.block.id is not None:
            if example.id in ids:
                message = f"{at_row(*example.place)}: {example.id} is the id of another."
                raise DataError(message, "Name a column as `id` that tells rows apart.")
            ids.add(example.id)
        yield example
    if not rows:
        raise DataError(f"{data.name} has no rows to evaluate.", "Check it, and `where`.")
