"""The way to a signature that a recipe chooses is one its task and fields allow."""

from collections.abc import Iterator

from runner.findings import Finding
from runner.recipe.judging.checks import Subject
from runner.recipe.language.evaluation import OF_PYFUNC
from runner.recipe.language.signature import ExplicitSignature
from runner.tasks import Task, get_task

_LOC = ("signature",)


def check(subject: Subject) -> Iterator[Finding]:
    """Find a signature that could not be made, or that MLflow would not accept."""
    recipe, task = subject.recipe, subject.task
    if recipe.signature == "task":
        return
    if task.mlflow_schema:
        message = f"MLflow insists on its own signature for {task.name}."
        yield Finding("signature-not-free", message, "Write `signature: task`.", _LOC)
    elif isinstance(recipe.signature, ExplicitSignature) and OF_PYFUNC & {*recipe.views}:
        yield from _names(recipe.signature, get_task(recipe.task))
    elif recipe.signature == "infer" and recipe.input_example is None:
        message = "`signature: infer` runs the model on `input_example`, and there is none."
        yield Finding("missing-key", message, "Give an `input_example`.", _LOC)


def _names(signature: ExplicitSignature, task: Task) -> Iterator[Finding]:
    """Find a name for a value that the model gives without one: the proof would miss it."""
    for number, spec in enumerate(signature.outputs or []):
        if spec.name and not task.outputs[0].name:
            message = f"{task.name} gives one value without a name, not `{spec.name}`."
            loc = (*_LOC, "outputs", number, "name")
            yield Finding("signature-name", message, "Leave out `name`.", loc)
