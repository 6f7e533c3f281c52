"""keypoint-matching: two images in, the points that show the same in both out."""

from typing import Any

from runner.tasks.base import Call, Column, Task

_COLUMNS = ("keypoint_image_0", "keypoint_image_1", "score")


def _call(row: Any) -> Call:
    return ([row["image_0"], row["image_1"]],), {}


def _answer(raw: Any) -> Any:
    return {name: [one[name] for one in raw] for name in _COLUMNS}


TASK = Task(
    name="keypoint-matching",
    summary="finds the points that two images have in common",
    auto_model="AutoModelForKeypointMatching",
    inputs=(
        Column("string", "image_0", media="image"),
        Column("string", "image_1", media="image"),
    ),
    outputs=(
        Column("object", "keypoint_image_0", many=True),
        Column("object", "keypoint_image_1", many=True),
        Column("double", "score", many=True),
    ),
    example={"image_0": "one.png", "image_1": "other.png"},
    call=_call,
    answer=_answer,
    inference="pictures:KeypointMatching",
    components=("image_processor",),
    pyfunc=False,
)
