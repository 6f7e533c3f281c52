"""The dataset is there, has the columns that are named, and is what the task can be given."""

from collections.abc import Iterator

from runner.datasets.block import DatasetBlock
from runner.datasets.checking import check as check_dataset
from runner.engines import lacking
from runner.findings import Finding
from runner.metrics import all_metrics
from runner.recipe.judging.checks import Subject
from runner.recipe.labelled import labelled
from runner.tasks import Column
from runner.tasks.forms import form_of
from runner.tasks.ways import SEARCH
from runner.text.spelling import did_you_mean, one_of


def check(subject: Subject) -> Iterator[Finding]:
    """Find a dataset that could not be read, or not be given to the model."""
    engine = subject.recipe.evaluation.engine
    if extra := lacking(engine):
        message = f"`engine: {engine}` needs {extra}, which is not installed."
        yield Finding("engine-missing", message, f"pip install '{extra}'", ("evaluation", "engine"))
    data = labelled(subject.recipe, subject.folder_of)
    if data is None:
        return
    found = [*_inputs(subject, data.block), *_corpus(subject, data.block)]
    yield from (finding.under("evaluation", "dataset") for finding in found)
    yield from (finding.under("evaluation") for finding in check_dataset(data))


def _inputs(subject: Subject, block: DatasetBlock) -> Iterator[Finding]:
    task, way, given = subject.task, subject.recipe.way, block.inputs
    columns = [entry for entry in task.inputs if isinstance(entry, Column) and entry.name]
    known = list(way.inputs if way else ()) or [column.name for column in columns]
    takes = form_of(task)
    if way and way.inputs:
        takes = f"a mapping with {', '.join(way.inputs)} for these metrics"
    if isinstance(given, dict):
        for name in given:
            if name not in known:
                message = f"{task.name} has no input `{name}`."
                remedy = did_you_mean(name, known) or f"It takes {takes}."
                yield Finding("bad-dataset", message, remedy, ("inputs", name))
        for name in way.inputs if way else ():
            if name not in given:
                message = f"No column is named for `{name}`: {task.name} takes {takes}."
                yield Finding("bad-dataset", message, "Name its column.", ("inputs",))
    elif given is not None and len(known) > 1:
        message = f"{task.name} takes {takes}, and one column is named."
        yield Finding("bad-dataset", message, "Map each input to its column.", ("inputs",))


def _corpus(subject: Subject, block: DatasetBlock) -> Iterator[Finding]:
    searches = bool(subject.recipe.way and subject.recipe.way.corpus)
    if searches and block.corpus is None:
        message = "The metrics ask where rows are found, and the dataset has no `corpus`."
        yield Finding("no-corpus", message, "Name what is to be searched.")
    elif block.corpus and not searches:
        message = "The dataset has a `corpus`, and no metric asks where rows are found in it."
        remedy = f"Measure {one_of(_searching())} of a task that gives vectors, or leave it out."
        yield Finding("no-corpus", message, remedy, ("corpus",))


def _searching() -> list[str]:
    return [name for name, one in all_metrics().items() if SEARCH.form in one.takes]
