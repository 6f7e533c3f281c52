"""table-question-answering: a question and a table in, the answer found in its cells out."""

from typing import Any

from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    return raw["answer"]


TASK = Task(
    name="table-question-answering",
    summary="finds the answer to a question in a table",
    auto_model=("AutoModelForTableQuestionAnswering", "AutoModelForSeq2SeqLM"),
    inputs=(Column("string", "query"), Column("string", "table")),
    outputs=(Column("string"),),
    example={
        "query": "What did we sell most of?",
        "table": {"product": ["tea", "coffee"], "sold": ["25", "50"]},
    },
    answer=_answer,
    inference="tables:TableAnswers",
    form="text",
    json_columns=("table",),
)
