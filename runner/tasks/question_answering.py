"""question-answering: a question and a context in, the answer found in the context out."""

from typing import Any

from runner.tasks.answer_forms import best_or_list_or_json
from runner.tasks.arguments import RETURN_SCORES, Argument
from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    best = raw[0] if isinstance(raw, list) else raw
    return best["answer"]


TASK = Task(
    name="question-answering",
    summary="finds the answer to a question in a text",
    auto_model="AutoModelForQuestionAnswering",
    inputs=(Column("string", "question"), Column("string", "context")),
    outputs=(Column("string"),),
    example={
        "question": "What is the capital of France?",
        "context": "The capital of France is Paris.",
    },
    answer=_answer,
    inference="answers:QuestionAnswering",
    form="text",
    arguments={
        **RETURN_SCORES,
        "max_seq_len": Argument(("integer",), null=True, least=1),
        "doc_stride": Argument(("integer",), null=True, least=0),
        "max_answer_len": Argument(("integer",), null=True, least=1),
    },
    answer_form=best_or_list_or_json,
    gone_in="5.0",
)
