"""image-to-text: an image in, a text about it out."""

from typing import Any

from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    return raw[0]["generated_text"]


TASK = Task(
    name="image-to-text",
    summary="describes an image",
    auto_model=("AutoModelForVision2Seq", "AutoModelForImageTextToText"),
    inputs=(Column("string", media="image"),),
    outputs=(Column("string"),),
    example="image.png",
    answer=_answer,
    inference="vision:ImageToText",
    form="text",
    generates=True,
    gone_in="5.0",
    components=("tokenizer", "image_processor"),
    pyfunc=False,
)
