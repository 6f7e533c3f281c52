"""depth-estimation: an image in, the distance of every pixel out."""

from typing import Any

from runner.tasks.base import Column, Task, Tensor


def _answer(raw: Any) -> Any:
    return raw["predicted_depth"].numpy()


TASK = Task(
    name="depth-estimation",
    summary="estimates how far away the pixels of an image are",
    auto_model="AutoModelForDepthEstimation",
    inputs=(Column("string", media="image"),),
    outputs=(Tensor("float32", (-1, -1)),),
    example="image.png",
    answer=_answer,
    inference="vision:DepthEstimation",
    components=("image_processor",),
    pyfunc=False,
)
