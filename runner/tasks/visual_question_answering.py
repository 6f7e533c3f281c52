"""visual-question-answering: an image and a question in, the answer out."""

from typing import Any

from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    return raw[0]["answer"]


TASK = Task(
    name="visual-question-answering",
    summary="answers a question about an image",
    auto_model="AutoModelForVisualQuestionAnswering",
    inputs=(Column("string", "image", media="image"), Column("string", "question")),
    outputs=(Column("string"),),
    example={"image": "image.png", "question": "What is this?"},
    answer=_answer,
    inference="vision:VisualAnswers",
    form="text",
    cut="truncation",
    generates=True,
    gone_in="5.0",
    components=("tokenizer", "image_processor"),
    optional_components=("processor",),
    pyfunc=False,
)
