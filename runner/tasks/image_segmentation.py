"""image-segmentation: an image in, masks with their labels out."""

from base64 import b64decode
from io import BytesIO
from typing import Any

from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    return {name: [one[name] for one in raw] for name in ("label", "score", "mask")}


def _agreement(given: Any, row: Any, answer: Any) -> tuple[Any, Any]:
    from PIL import Image

    masks = [Image.open(BytesIO(b64decode(mask))) for mask in row["mask"]]
    return {**row, "mask": masks}, answer


TASK = Task(
    name="image-segmentation",
    summary="labels the pixels of an image",
    auto_model=(
        "AutoModelForImageSegmentation",
        "AutoModelForSemanticSegmentation",
        "AutoModelForInstanceSegmentation",
        "AutoModelForUniversalSegmentation",
    ),
    inputs=(Column("string", media="image"),),
    outputs=(
        Column("string", "label", many=True),
        Column("double", "score", required=False, many=True),
        Column("string", "mask", many=True),
    ),
    example="image.png",
    answer=_answer,
    inference="vision:ImageSegmentation",
    agreement=_agreement,
    components=("image_processor",),
    pyfunc=False,
)
