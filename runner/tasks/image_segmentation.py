"""image-segmentation: an image in, masks with their labels out."""

from typing import Any

from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    return [{"label": segment["label"], "score": segment["score"]} for segment in raw]


TASK = Task(
    name="image-segmentation",
    summary="labels the pixels of an image",
    auto_model=("AutoModelForImageSegmentation", "AutoModelForSemanticSegmentation"),
    inputs=(Column("string", media="image"),),
    outputs=(Column("string", "label"), Column("double", "score", required=False)),
    example="image.png",
    answer=_answer,
    components=("image_processor",),
    pyfunc=False,
    extended=False,
)
