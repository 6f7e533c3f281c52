"""Expectations are about inputs and columns that there are, and their patterns can be read."""

import re
from collections.abc import Iterator

from runner.findings import Finding
from runner.recipe.judging.checks import Subject
from runner.recipe.language.evaluation import Expectation
from runner.tasks.forms import example_rows
from runner.text.spelling import did_you_mean, one_of


def check(subject: Subject) -> Iterator[Finding]:
    """Find expectations that could never be looked at."""
    recipe, task = subject.recipe, subject.task
    inputs = len(recipe.evaluation.inputs) or len(example_rows(task, recipe.input_example))
    columns = [entry.name for entry in task.outputs if entry.name]
    for number, expectation in enumerate(recipe.evaluation.expect):
        loc = ("evaluation", "expect", number)
        for field in ("input", "similar_to"):
            index = getattr(expectation, field)
            if index is not None and index >= inputs:
                message = f"`{field}: {index}` is not the number of an input."
                remedy = f"Inputs are counted from 0: the last is {inputs - 1}."
                yield Finding("bad-expectation", message, remedy, (*loc, field))
        if expectation.similar_to is not None and (why := _not_compared(subject, expectation)):
            remedy = "Compare two inputs that are one text or image each, of a task of vectors."
            yield Finding("bad-expectation", why, remedy, (*loc, "similar_to"))
        if expectation.column is not None and expectation.column not in columns:
            message = f"The output of {task.name} has no column `{expectation.column}`."
            remedy = did_you_mean(expectation.column, columns) or (
                f"It has {one_of(columns)}." if columns else "Leave `column` out."
            )
            yield Finding("bad-expectation", message, remedy, (*loc, "column"))
        if expectation.regex is not None and (why := _wrong_with(expectation.regex)):
            message = f"`regex` cannot be read: {why}."
            yield Finding("bad-expectation", message, "Mend the pattern.", (*loc, "regex"))


def _not_compared(subject: Subject, expectation: Expectation) -> str:
    """Say why two inputs have no vectors to compare; nothing where they have."""
    recipe, task = subject.recipe, subject.task
    if task.form != "vector":
        return f"{task.name} makes no vectors that `similar_to` could compare."
    inputs = recipe.evaluation.inputs or example_rows(task, recipe.input_example)
    for field in ("input", "similar_to"):
        index = getattr(expectation, field)
        given = inputs[index] if index is not None and index < len(inputs) else None
        if isinstance(given, dict) and any(isinstance(one, list) for one in given.values()):
            return f"`{field}: {index}` is a list of texts, and has a vector for each."
    return ""


def _wrong_with(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    return ""
