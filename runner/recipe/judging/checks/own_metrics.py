"""Metrics of a recipe's own are there: their files are read as text, and never imported."""

import ast
from collections.abc import Iterator
from pathlib import Path

from runner.findings import Finding
from runner.recipe.composing.beside import own_metrics_of
from runner.recipe.judging.checks import Subject
from runner.text.spelling import did_you_mean

_LARGEST = 2**20


def check(subject: Subject) -> Iterator[Finding]:
    """Find metrics whose function is not in the repository."""
    for metric, beside in own_metrics_of(subject.recipe, subject.folder_of):
        if not beside.path.is_file():
            message = f"`{metric.name}`: there is no {beside.written}."
            remedy = "Name a function as `module:function`, from the folder that holds `recipes`."
            yield Finding("metric-missing", message, remedy, beside.loc)
        elif not beside.is_inside or beside.path.is_symlink():
            message = f"{beside.written}, the file of `{metric.name}`, leads out of the repository."
            yield Finding("metric-missing", message, "Put it into the repository.", beside.loc)
        elif metric.function not in (functions := _functions(beside.path)):
            message = f"{beside.written} has no function `{metric.function}`."
            remedy = did_you_mean(metric.function, functions) or "Name one that it has."
            yield Finding("metric-missing", message, remedy, beside.loc)


def _functions(file: Path) -> list[str]:
    """Give the names of a module's own functions, without running it."""
    if file.stat().st_size > _LARGEST:
        return []
    try:
        body = ast.parse(file.read_bytes()).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []
    return [node.name for node in body if isinstance(node, ast.FunctionDef)]
