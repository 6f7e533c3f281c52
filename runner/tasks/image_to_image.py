"""image-to-image: an image in, another made of it out."""

from base64 import b64decode
from io import BytesIO
from typing import Any

from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    return raw


def _agreement(given: Any, row: Any, answer: Any) -> tuple[Any, Any]:
    from PIL import Image

    return Image.open(BytesIO(b64decode(row))), answer


TASK = Task(
    name="image-to-image",
    summary="makes another image of an image, such as a larger one",
    auto_model="AutoModelForImageToImage",
    inputs=(Column("string", media="image"),),
    outputs=(Column("string"),),
    example="image.png",
    answer=_answer,
    inference="pictures:ImageToImage",
    agreement=_agreement,
    components=("image_processor",),
    pyfunc=False,
    gone_in="5.0",
)
