"""Images and recordings, in the forms that callers send them."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow.exceptions import MlflowException
from PIL import Image, ImageOps
from transformers.image_utils import load_image

from runner.pyfunc.media import audio_of, image_of
from runner.tasks import Column, all_tasks
from tests.pyfunc.conftest import Packaged
from tests.pyfunc.media import picture, recording


def small(size: int) -> str:
    """Give an image as base64 of about that many characters."""
    for side in range(1, 60):
        encoded = picture(side, 4, 0)
        if len(encoded) >= size:
            return encoded
    raise ValueError(size)


@pytest.mark.parametrize("size", [120, 256, 300, 520])
def test_short_base64_is_no_path(size: int) -> None:
    encoded = small(size)
    assert size <= len(encoded) < 4096
    assert image_of(encoded, 0).size == image_of(base64.b64decode(encoded), 0).size


@pytest.mark.parametrize("text", ["A" * 300 + "/" * 300, "a" * 4000, "x" * 255, "%" * 2000])
def test_what_is_neither_path_nor_image_is_refused(text: str) -> None:
    with pytest.raises(MlflowException, match="row 3"):
        image_of(text, 3)


@pytest.mark.parametrize("end", ["\n", "\r\n", " "])
def test_base64_comes_with_line_breaks(end: str) -> None:
    encoded = picture(24, 24, 1)
    lines = end.join(encoded[i : i + 76] for i in range(0, len(encoded), 76)) + end
    for form in (lines, lines.encode()):
        assert np.array_equal(np.asarray(image_of(form, 0)), np.asarray(image_of(encoded, 0)))
    sound = base64.encodebytes(recording(4000, 1)).decode()
    assert np.array_equal(audio_of(sound, 0, 16_000), audio_of(recording(4000, 1), 0, 16_000))


def turned(orientation: int) -> bytes:
    """Make a JPEG that says which way up it is."""
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[:32, :48] = [255, 0, 0]
    pixels[32:, 48:] = [0, 0, 255]
    exif = Image.Exif()
    exif[0x0112] = orientation
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, format="JPEG", exif=exif, quality=95)
    return packed.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_the_way_up_that_it_looks(orientation: int, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(turned(orientation))
    wanted = np.asarray(load_image(str(file)))
    for form in (str(file), file.read_bytes(), base64.b64encode(file.read_bytes()).decode()):
        assert np.array_equal(np.asarray(image_of(form, 0)), wanted)


VISION: dict[str, Any] = {
    "image-classification": None,
    "image-to-text": None,
    "object-detection": None,
    "image-segmentation": None,
    "depth-estimation": None,
    "image-feature-extraction": None,
    "visual-question-answering": {"question": "what?"},
    "image-text-to-text": {"text": "<image> what?"},
    "document-question-answering": {
        "question": "what?", "word_boxes": '[["a", [1, 1, 9, 9]], ["b", [9, 1, 20, 9]]]',
    },
    "zero-shot-image-classification": {"candidate_labels": '["a", "b"]'},
    "zero-shot-object-detection": {"candidate_labels": '["a", "b"]'},
    "image-to-image": None,
    "keypoint-matching": {},
}  # fmt: skip

SAYS_LITTLE = {"image-to-text", "visual-question-answering", "document-question-answering"}
"""Tasks whose small random models answer whatever they see alike."""


def answered(loaded: Any, task: str, image: bytes) -> Any:
    """Give what a model says of an image; of a pair, of the same one twice."""
    row: Any = image if (more := VISION[task]) is None else {"image": image, **more}
    if task == "keypoint-matching":
        row = {"image_0": image, "image_1": image}
    found = loaded.predict([row])
    return found.to_dict(orient="records") if hasattr(found, "to_dict") else list(found)


@pytest.mark.parametrize("task", VISION)
def test_every_task_sees_a_turned_image_as_it_looks(shipped: Packaged, task: str) -> None:
    photo, loaded = turned(6), shipped(task)
    looks, stored = ImageOps.exif_transpose(Image.open(io.BytesIO(photo))), io.BytesIO()
    Image.open(io.BytesIO(photo)).save(stored, format="PNG")  # which says nothing of its side
    packed = io.BytesIO()
    looks.save(packed, format="PNG")
    found = answered(loaded, task, photo)
    np.testing.assert_equal(found, answered(loaded, task, packed.getvalue()))
    if task not in SAYS_LITTLE:
        with pytest.raises(AssertionError):
            np.testing.assert_equal(found, answered(loaded, task, stored.getvalue()))


def test_no_task_that_sees_is_left_out() -> None:
    seeing = {
        name for name, task in all_tasks().items()
        if any(isinstance(c, Column) and c.media == "image" for c in task.inputs)
    }  # fmt: skip
    assert seeing == {*VISION, "mask-generation"}, "which is slow: tests/pyfunc/test_masks.py"
