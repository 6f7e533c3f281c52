"""The dataset is there, has the columns that are named, and is what the task can be given."""

from collections.abc import Iterator

from runner.datasets.checking import check as check_dataset
from runner.findings import Finding
from runner.recipe.judging.checks import Subject
from runner.recipe.labelled import labelled
from runner.spelling import did_you_mean
from runner.tasks import Column
from runner.tasks.forms import form_of

_TO_COME = ("ray", "spark")


def check(subject: Subject) -> Iterator[Finding]:
    """Find a dataset that could not be read, or not be given to the model."""
    evaluation, task = subject.recipe.evaluation, subject.task
    if evaluation.engine in _TO_COME:
        message = f"`engine: {evaluation.engine}` is not installed yet."
        yield Finding(
            "engine-missing",
            message,
            "Leave it out: this process runs them.",
            ("evaluation", "engine"),
        )
    data = labelled(subject.recipe, subject.folder_of(("evaluation", "dataset", "path")))
    if data is None:
        return
    known = [entry.name for entry in task.inputs if isinstance(entry, Column) and entry.name]
    given = evaluation.dataset.inputs if evaluation.dataset else None
    loc = ("evaluation", "dataset", "inputs")
    if isinstance(given, dict):
        for name in given:
            if name not in known:
                message = f"{task.name} has no input `{name}`."
                remedy = did_you_mean(name, known) or f"It takes {form_of(task)}."
                yield Finding("bad-dataset", message, remedy, (*loc, name))
    elif given is not None and len(known) > 1:
        message = f"{task.name} takes {form_of(task)}, and one column is named."
        yield Finding("bad-dataset", message, "Map each input to its column.", loc)
    yield from (finding.under("evaluation") for finding in check_dataset(data))
