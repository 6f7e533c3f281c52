"""document-question-answering: answers a question about a picture of a document."""

from typing import Any

from runner.tasks.answer_forms import text_or_json
from runner.tasks.arguments import RETURN_SCORES
from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    while isinstance(raw, list):
        raw = raw[0]
    return raw["answer"]


TASK = Task(
    name="document-question-answering",
    summary="answers a question about a picture of a document",
    auto_model=("AutoModelForDocumentQuestionAnswering", "AutoModelForImageTextToText"),
    inputs=(
        Column("string", "image", media="image"),
        Column("string", "question"),
        Column("string", "word_boxes", required=False),
    ),
    outputs=(Column("string"),),
    example={
        "image": "image.png",
        "question": "What is the total?",
        "word_boxes": [["Total:", [100, 100, 200, 120]], ["42", [210, 100, 240, 120]]],
    },
    answer=_answer,
    inference="vision:DocumentAnswers",
    form="text",
    arguments=RETURN_SCORES,
    answer_form=text_or_json,
    optional_components=("image_processor",),
    json_columns=("word_boxes",),
    pyfunc=False,
)
