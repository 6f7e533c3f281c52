"""text-classification: text in, the best label and its score out."""

from typing import Any

from runner.tasks.answer_forms import best_or_list
from runner.tasks.arguments import RETURN_SCORES
from runner.tasks.base import Call, Column, Task
from runner.tasks.scoring import labels


def _answer(raw: Any) -> Any:
    best = raw[0] if isinstance(raw, list) else raw
    return {"label": best["label"], "score": best["score"]}


def _call(row: Any) -> Call:
    """A pair of texts is one argument too: a mapping of ``text`` and ``text_pair``."""
    return (row,), {}


TASK = Task(
    name="text-classification",
    summary="labels a text",
    auto_model="AutoModelForSequenceClassification",
    inputs=(Column("string"),),
    outputs=(Column("string", "label"), Column("double", "score")),
    example="MLflow is awesome!",
    answer=_answer,
    call=_call,
    inference="pipelines:TextClassification",
    form="labels",
    every_label=True,
    scored=labels,
    scored_with={"return_scores": True},
    cut="truncation",
    arguments=RETURN_SCORES,
    answer_form=best_or_list,
)
