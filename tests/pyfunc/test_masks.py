"""All that is in an image is found as transformers' own pipeline finds it."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from mlflow.exceptions import MlflowException
from PIL import Image

from tests.pyfunc.conftest import RECIPES, Packaged
from tests.pyfunc.test_as_the_pipeline import pictures
from tests.torchvision_nms import VERSION

TASK = "mask-generation"
pytestmark = pytest.mark.usefixtures("torchvision")
HOW = RECIPES[TASK]["model_config"]


def test_masks_and_scores_are_the_pipelines(
    shipped: Packaged, native: Packaged, tmp_path: Path
) -> None:
    pipeline, given = native(TASK), pictures(tmp_path, 3)
    for asked in ({}, {"crops_nms_thresh": 1.0, "points_per_batch": 32}):
        table = shipped(TASK).predict(given, asked)
        for path, masks, scores in zip(given, table["mask"], table["score"], strict=True):
            theirs = pipeline(path, **{**HOW, **asked})
            ours = [np.asarray(Image.open(io.BytesIO(base64.b64decode(mask)))) for mask in masks]
            assert scores == theirs["scores"].tolist()
            assert len(ours) == len(theirs["masks"]) > 0
            assert all(map(np.array_equal, ours, theirs["masks"]))


def test_the_model_says_what_it_needs(shipped: Packaged, saved: Packaged) -> None:
    lines = (saved(TASK) / "requirements.txt").read_text().splitlines()
    assert f"torchvision=={VERSION}" in lines


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"points_per_batch": 48}, "points_per_batch: it has to divide the points"),
        ({"output_rle_mask": True}, "output_rle_mask: masks come as images"),
    ],
)
def test_what_cannot_be_done_is_said(
    shipped: Packaged, tmp_path: Path, asked: dict[str, int], said: str
) -> None:
    with pytest.raises(MlflowException, match=said):
        shipped(TASK).predict(pictures(tmp_path, 1), asked)
