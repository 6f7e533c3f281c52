"""An input of the wrong form is named in the same words for every task."""

import pytest

from runner.tasks import Column, all_tasks, get_task
from runner.tasks.forms import form_of, input_problem

RECORDS = [
    (name, column.name)
    for name, task in all_tasks().items()
    for column in task.inputs
    if isinstance(column, Column) and column.name
]


@pytest.mark.parametrize("name", sorted(all_tasks()))
def test_a_null_is_called_the_same_for_every_task(name: str) -> None:
    task = all_tasks()[name]
    assert input_problem(task, None) == f"is empty; {name} takes {form_of(task)}"


@pytest.mark.parametrize(("name", "column"), RECORDS)
def test_a_null_in_a_column_is_empty_too(name: str, column: str) -> None:
    task = all_tasks()[name]
    assert isinstance(task.example, dict)
    required = next(c.required for c in task.inputs if isinstance(c, Column) and c.name == column)
    problem = input_problem(task, {**task.example, column: None})
    assert problem.startswith(f"has an empty `{column}`; it takes ")
    assert problem.endswith(", or is left out") != required


@pytest.mark.parametrize("name", sorted(all_tasks()))
def test_an_example_of_a_task_is_of_its_form(name: str) -> None:
    assert input_problem(all_tasks()[name], all_tasks()[name].example) == ""


def test_a_value_is_named_with_its_column() -> None:
    chat = get_task("llm/v1/chat")
    messages = [{"role": "user", "content": "a"}]
    assert input_problem(chat, {"messages": messages, "max_tokens": 0}) == (
        "has the number 0 for `max_tokens`; it takes a whole number from 1 on"
    )
    assert input_problem(chat, {"messages": messages, "temperature": "hot"}) == (
        'has the text "hot" for `temperature`; it takes a number from 0 on'
    )
    assert input_problem(get_task("fill-mask"), 5) == "is the number 5, not text"
