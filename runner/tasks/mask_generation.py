"""mask-generation: an image in, the masks of all that is in it, with scores, out."""

from base64 import b64decode
from io import BytesIO
from typing import Any

from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    return {"mask": list(raw["masks"]), "score": raw["scores"].tolist()}


def _agreement(given: Any, row: Any, answer: Any) -> tuple[Any, Any]:
    import numpy as np
    from PIL import Image

    masks = [np.asarray(Image.open(BytesIO(b64decode(mask)))) for mask in row["mask"]]
    return {**row, "mask": masks}, answer


TASK = Task(
    name="mask-generation",
    summary="finds everything in an image, without saying what it is",
    auto_model="AutoModelForMaskGeneration",
    inputs=(Column("string", media="image"),),
    outputs=(Column("string", "mask", many=True), Column("double", "score", many=True)),
    example="image.png",
    answer=_answer,
    inference="pictures:MaskGeneration",
    agreement=_agreement,
    components=("image_processor",),
    pyfunc=False,
    needs={"torchvision": "torchvision"},
)
