"""The task is one that the installed libraries have, and is asked for what it can do."""

from collections.abc import Iterator

from runner.findings import Finding
from runner.machine.libraries import is_importable
from runner.recipe.judging.checks import Subject
from runner.recipe.language.evaluation import OF_PYFUNC
from runner.recipe.language.models import Recipe
from runner.recipe.language.signature import ExplicitSignature
from runner.tasks import Task
from runner.tasks.base import InputType
from runner.text.spelling import one_of
from runner.upstream.transformers_source import transformers_version

_SIGNED: dict[InputType, set[str]] = {
    "path": {"string"}, "bytes": {"binary"}, "array": {"tensor", "array"},
}  # fmt: skip
"""What a signature that is written down has for a form of input."""


def check(subject: Subject) -> Iterator[Finding]:
    """Find a task that cannot run here, and views or forms of input that it does not have."""
    recipe, task = subject.recipe, subject.task
    if not recipe.has_native:
        yield from _not_installed(recipe, task)
    for name, distribution in sorted(task.libraries.items()):
        if not is_importable(name):
            message = f"{task.name} needs {name}, which is not installed."
            remedy = f"pip install {distribution}"
            yield Finding("library-missing", message, remedy, ("task",), outside=True)
    if recipe.has_native and not recipe.has_pyfunc and OF_PYFUNC & {*recipe.views}:
        message = f"There is no inference code for {task.name}: it has no pyfunc to prove."
        yield Finding("no-pyfunc", message, "Write `views: [native]`.", ("evaluation", "views"))
    if recipe.input_type and recipe.input_type not in task.input_types:
        message = f"{task.name} takes no `input_type: {recipe.input_type}`."
        able = one_of(task.input_types)
        remedy = f"It takes {able}." if able else "Leave it out: it is for audio."
        yield Finding("input-type-not-used", message, remedy, ("input_type",))
    yield from _contradicted(recipe)


def _contradicted(recipe: Recipe) -> Iterator[Finding]:
    """Find a form of input beside a signature that has another one."""
    if not recipe.input_type or not isinstance(recipe.signature, ExplicitSignature):
        return
    said = recipe.signature.inputs[0].type
    if said not in _SIGNED[recipe.input_type]:
        message = f"`input_type: {recipe.input_type}` is not what the signature has: {said}."
        remedy = "Leave `input_type` out: the signature says it."
        yield Finding("input-type-not-used", message, remedy, ("input_type",))


def _not_installed(recipe: Recipe, task: Task) -> Iterator[Finding]:
    """Find a task without a pipeline; the runner's own inference code may do without one."""
    message = f"transformers {transformers_version()} has no `{task.pipeline_task}` pipeline."
    if task.gone_in:
        message = f"{message[:-1]}: it was removed in {task.gone_in}."
        remedy = f"pip install 'transformers<{task.gone_in}', or use a task that this version has."
    else:
        remedy = "Use a task that this version has, or another version."
    if not recipe.has_pyfunc:
        yield Finding("task-not-installed", message, remedy, ("task",))
        return
    if "native" in recipe.views:
        message = f"There is no pipeline for {task.pipeline_task} to prove."
        yield Finding("no-native", message, "Write `views: [pyfunc]`.", ("evaluation", "views"))
