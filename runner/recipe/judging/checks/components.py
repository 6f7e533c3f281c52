"""Components and load arguments are for parts that the task has."""

from collections.abc import Iterator

from runner.findings import Finding
from runner.recipe.judging.checks import Subject
from runner.text.spelling import one_of


def check(subject: Subject) -> Iterator[Finding]:
    """Find parts that the task's pipeline never uses."""
    recipe, task = subject.recipe, subject.task
    written = [("components", name) for name in recipe.components.given()]
    written += [("load", name) for name, given in recipe.load if given and name != "model"]
    for block, name in written:
        known = (*task.components, *task.optional_components)
        if name not in known:
            message = f"`{block}.{name}`: {task.name} uses no {name.replace('_', ' ')}."
            remedy = f"Beside the model it uses {one_of(known)}."
            yield Finding("component-not-used", message, remedy, (block, name))
