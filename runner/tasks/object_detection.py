"""object-detection: an image in, boxes with their labels and scores out."""

from typing import Any

from runner.tasks.base import Column, Task
from runner.tasks.scoring import boxes


def _answer(raw: Any) -> Any:
    return {name: [one[name] for one in raw] for name in ("label", "score", "box")}


TASK = Task(
    name="object-detection",
    summary="finds and labels the objects in an image",
    auto_model="AutoModelForObjectDetection",
    inputs=(Column("string", media="image"),),
    outputs=(
        Column("string", "label", many=True),
        Column("double", "score", many=True),
        Column("object", "box", many=True),
    ),
    example="image.png",
    answer=_answer,
    inference="vision:ObjectDetection",
    form="boxes",
    scored=boxes,
    components=("image_processor",),
    pyfunc=False,
)
