"""Images made of images, points in two, sounds against labels: as plain transformers answers."""

import base64
import io
import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import transformers
from mlflow.exceptions import MlflowException
from PIL import Image

from tests.pyfunc.conftest import Packaged

MANY = 12
RATE = 48_000


def pictures(folder: Path, count: int) -> list[str]:
    """Make pictures of several sizes and shapes; the last one lies on its side, and says so."""
    rng = np.random.default_rng(7)
    found: list[str] = []
    for number in range(count):
        sides = (int(rng.integers(24, 72)), int(rng.integers(24, 72)), 3)
        image = Image.fromarray(rng.integers(0, 256, sides, dtype=np.uint8))
        lies = number == count - 1
        file = folder / f"{number}.{'jpg' if lies else 'png'}"
        if lies:
            image.getexif()[0x0112] = 6
        image.save(file, exif=image.getexif())
        found.append(str(file))
    return found


def sounds(folder: Path, count: int) -> list[tuple[Path, Any]]:
    """Make recordings of several lengths, each with the samples that it holds."""
    rng = np.random.default_rng(7)
    found: list[tuple[Path, Any]] = []
    for number in range(count):
        samples = rng.normal(0, 4000, int(rng.integers(RATE // 20, RATE // 4))).astype("<i2")
        file = folder / f"{number}.wav"
        with wave.open(str(file), "wb") as out:
            out.setparams((1, 2, RATE, 0, "NONE", None))
            out.writeframes(samples.tobytes())
        found.append((file, samples.astype(np.float32) / 32768))
    return found


def plain(loaded: Any, task: str) -> Any:
    """Give transformers' own pipeline of the parts of a model."""
    build: Any = transformers.pipeline
    return build(task, model=loaded._parts.model, **loaded._parts.components)


def test_an_image_is_made_of_each(shipped: Packaged, tmp_path: Path) -> None:
    loaded = shipped("image-to-image")
    pipeline, given = plain(loaded, "image-to-image"), pictures(tmp_path, MANY)
    for picture, answer in zip(given, loaded.predict(given), strict=True):
        ours = Image.open(io.BytesIO(base64.b64decode(answer)))
        theirs = pipeline(picture)
        assert ours.size == theirs.size
        assert np.array_equal(np.asarray(ours), np.asarray(theirs))


def test_points_of_pairs_are_matched(shipped: Packaged, tmp_path: Path) -> None:
    loaded = shipped("keypoint-matching")
    given = pictures(tmp_path, MANY + 1)
    pairs = [{"image_0": a, "image_1": b} for a, b in zip(given, given[1:], strict=False)]
    pipeline = plain(loaded, "keypoint-matching")
    table = loaded.predict(pairs).to_dict(orient="records")
    assert sum(len(row["score"]) for row in table) > MANY
    for pair, row in zip(pairs, table, strict=True):
        theirs = pipeline([pair["image_0"], pair["image_1"]])
        assert row == {name: [one[name] for one in theirs] for name in row}
    surer = loaded.predict(pairs[:1], {"threshold": 0.9})
    assert surer["score"][0] == []


def test_sounds_are_scored_against_labels(shipped: Packaged, tmp_path: Path) -> None:
    loaded = shipped("zero-shot-audio-classification")
    pipeline = plain(loaded, "zero-shot-audio-classification")
    for number, (file, samples) in enumerate(sounds(tmp_path, MANY)):
        labels = ["a dog", "a bell", "rain"][: 2 + number % 2]
        template = "This is {}." if number % 3 else None
        more = {"hypothesis_template": template} if template else {}
        row = {"audio": str(file), "candidate_labels": json.dumps(labels), **more}
        transformers.set_seed(0)  # CLAP hears a random stretch of what is long
        ours = loaded.predict([row]).to_dict(orient="records")[0]
        transformers.set_seed(0)
        theirs = pipeline(samples, candidate_labels=labels, **more)
        assert ours["label"] == [one["label"] for one in theirs]
        assert ours["score"] == pytest.approx([one["score"] for one in theirs], abs=1e-5)


@pytest.mark.parametrize(
    ("task", "row", "said"),
    [
        ("image-to-image", "no-such.png", "row 0"),
        ("keypoint-matching", {"image_0": "a.png"}, "image_1"),
        ("zero-shot-audio-classification", {"audio": "x", "candidate_labels": "[]"}, "row 0"),
    ],
)
def test_what_cannot_be_used_names_its_row(
    shipped: Packaged, task: str, row: Any, said: str
) -> None:
    with pytest.raises(MlflowException, match=said):
        shipped(task).predict([row])
