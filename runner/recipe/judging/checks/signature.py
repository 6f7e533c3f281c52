"""The way to a signature that a recipe chooses is one its task and fields allow."""

from collections.abc import Iterator

from runner.findings import Finding
from runner.recipe.judging.checks import Subject

_LOC = ("signature",)


def check(subject: Subject) -> Iterator[Finding]:
    """Find a signature that could not be made, or that MLflow would not accept."""
    recipe, task = subject.recipe, subject.task
    if recipe.signature == "task":
        return
    if task.mlflow_schema:
        message = f"MLflow insists on its own signature for {task.name}."
        yield Finding("signature-not-free", message, "Write `signature: task`.", _LOC)
    elif recipe.signature == "infer" and recipe.input_example is None:
        message = "`signature: infer` runs the model on `input_example`, and there is none."
        yield Finding("missing-key", message, "Give an `input_example`.", _LOC)
