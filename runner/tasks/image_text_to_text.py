"""image-text-to-text: an image and a text in, a text that goes on from both out."""

from typing import Any

from runner.tasks.base import Call, Column, Task
from runner.tasks.image_marks import marked


def _call(row: Any) -> Call:
    return (), {"images": [row["image"]], "text": row["text"]}


def _answer(raw: Any) -> Any:
    return raw[0]["generated_text"]


def _agreement(given: Any, row: Any, answer: Any) -> tuple[Any, Any]:
    return row, answer.removeprefix(given["text"])


TASK = Task(
    name="image-text-to-text",
    summary="goes on from an image and a text",
    auto_model="AutoModelForImageTextToText",
    inputs=(Column("string", "image", media="image"), Column("string", "text")),
    outputs=(Column("string"),),
    example={"image": "image.png", "text": "What is this?"},
    in_words_of=marked,
    answer=_answer,
    inference="image_text:ImageTextToText",
    form="text",
    agreement=_agreement,
    generates=True,
    call=_call,
    components=("processor",),
    pyfunc=False,
)
