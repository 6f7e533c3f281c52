"""token-classification: a text in, the labels of its tokens out."""

from typing import Any

from runner.tasks.answer_forms import text_or_json
from runner.tasks.arguments import RETURN_SCORES
from runner.tasks.base import Column, Task
from runner.tasks.scoring import entities


def _answer(raw: Any) -> Any:
    return ",".join(token.get("entity_group") or token["entity"] for token in raw)


TASK = Task(
    name="token-classification",
    summary="labels the tokens of a text, such as its named entities",
    auto_model="AutoModelForTokenClassification",
    inputs=(Column("string"),),
    outputs=(Column("string"),),
    example="My name is Sarah and I live in London.",
    answer=_answer,
    inference="pipelines:TokenClassification",
    form="entities",
    scored=entities,
    scored_with={"return_scores": True, "aggregation_strategy": "simple"},
    cut="windows",
    arguments=RETURN_SCORES,
    answer_form=text_or_json,
)
