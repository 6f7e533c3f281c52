"""Images in: others made of them, or masks of all there is in them, out; pairs: shared points."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

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


class MaskGeneration(Found):
    """Images in; masks (PNG in base64) of all that is in them, with scores, out."""

    columns = ("mask", "score")

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> pd.DataFrame:
        """Give a row an image: in each column a list."""
        for name in ("output_rle_mask", "output_bboxes_mask"):
            if options.get(name):
                raise BadRequest(f"{name}: masks come as images, and as nothing else")
        return super().predict(rows, options, budget)

    def _find(self, row: dict[str, Any], options: dict[str, Any]) -> Sequence[dict[str, Any]]:
        try:
            found: Any = super()._find(row, options)
        except StopIteration as error:  # the pipeline waits for a last batch that is full
            why = "points_per_batch: it has to divide the points, points_per_crop times itself"
            raise BadRequest(why) from error
        pairs = zip(found["masks"], found["scores"].tolist(), strict=True)
        return [{"mask": np.asarray(mask), "score": score} for mask, score in pairs]

    def _value(self, one: dict[str, Any], column: str) -> Any:
        from PIL import Image

        return packed(Image.fromarray(one["mask"])) if column == "mask" else one[column]


class ImageToImage(Piped):
    """Images in; others made of them (PNG in base64) out."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[str]:
        """Give an image a row; they run one by one, each in its own size."""
        if options.get("head_mask") is not None:
            raise BadRequest("head_mask: of models that have attention heads to mask, not of these")
        given = [image_of(row, number) for number, row in enumerate(rows)]
        make = self._call if self._pipeline is not None else self._make
        found = batches.run(given, [budget] * len(given), budget, lambda b: [make(b[0], options)])
        return [packed(image) for image in found]

    def _make(self, image: Any, options: dict[str, Any]) -> Any:
        """Make one image as the pipeline does, where this version of transformers has none."""
        from PIL import Image

        if unknown := [name for name in options if name != "timeout"]:
            raise BadRequest(f"{', '.join(unknown)}: nothing of this task")
        processor = self._parts.components["image_processor"]
        inputs = processor(images=[image], return_tensors="pt")
        inputs = inputs.to(self._parts.device, dtype=self._parts.model.dtype)
        made = self._parts.model(**inputs).reconstruction[0].float().cpu().clamp(0, 1)
        pixels = (made.numpy().transpose(1, 2, 0) * 255).round().astype(np.uint8)
        return Image.fromarray(pixels)
