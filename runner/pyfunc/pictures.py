"""Images in: others made of them out; pairs of images in: the points that both show out."""

from typing import Any

from . import batches
from .errors import BadRequest
from .media import image_of
from .pipelines import Piped
from .rows import records
from .vision import Found, packed


class KeypointMatching(Found):
    """Pairs of images in; the points that both show, with scores, out, the surest first."""

    columns = ("keypoint_image_0", "keypoint_image_1", "score")

    def _row(self, row: Any, number: int, options: dict[str, Any]) -> Any:
        (given,) = records([row], ["image_0", "image_1"], first=number)
        return {"images": [image_of(given[name], number) for name in ("image_0", "image_1")]}


class ImageToImage(Piped):
    """Images in; others made of them (PNG in base64) out."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[str]:
        """Give an image a row; they run one by one, each in its own size."""
        if options.get("head_mask") is not None:
            raise BadRequest("head_mask: of models that have attention heads to mask, not of these")
        given = [image_of(row, number) for number, row in enumerate(rows)]
        found = batches.run(
            given, [budget] * len(given), budget, lambda b: [self._call(b[0], options)]
        )
        return [packed(image) for image in found]
