"""Examples and evaluation inputs are in the form the task takes."""

from collections.abc import Iterator

from runner.findings import Finding, Loc
from runner.recipe.checks import Subject
from runner.tasks.forms import form_of, input_problem, rows_of


def check(subject: Subject) -> Iterator[Finding]:
    """Find inputs that the task could only refuse at predict."""
    recipe, task = subject.recipe, subject.task
    given: dict[Loc, object] = {
        ("evaluation", "inputs", number): value
        for number, value in enumerate(recipe.evaluation.inputs)
    }
    if recipe.input_example is not None:
        rows = rows_of(task, recipe.input_example)
        single = len(rows) == 1
        given |= {
            ("input_example",) if single else ("input_example", number): row
            for number, row in enumerate(rows)
        }
    for loc, value in given.items():
        if problem := input_problem(task, value):
            message = f"`{'.'.join(map(str, loc))}` {problem}."
            yield Finding("bad-input", message, f"Write {form_of(task)}.", loc)
