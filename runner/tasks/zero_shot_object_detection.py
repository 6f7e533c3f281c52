"""zero-shot-object-detection: an image and labels in, boxes with their labels and scores out."""

from typing import Any

from runner.tasks.base import Column, Task
from runner.tasks.scoring import boxes


def _answer(raw: Any) -> Any:
    return {name: [one[name] for one in raw] for name in ("label", "score", "box")}


TASK = Task(
    name="zero-shot-object-detection",
    summary="finds the objects in an image that labels name",
    auto_model="AutoModelForZeroShotObjectDetection",
    inputs=(Column("string", "image", media="image"), Column("string", "candidate_labels")),
    outputs=(
        Column("string", "label", many=True),
        Column("double", "score", many=True),
        Column("object", "box", many=True),
    ),
    example={"image": "image.png", "candidate_labels": ["a cat", "a dog"]},
    answer=_answer,
    inference="vision:ZeroShotObjectDetection",
    form="boxes",
    scored=boxes,
    components=("tokenizer", "image_processor"),
    json_columns=("candidate_labels",),
    pyfunc=False,
)
