"""Videos are labelled as transformers' own pipeline labels them, in whatever form they come."""

import base64
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException

from tests.conformance.samples import film
from tests.pyfunc.conftest import Packaged
from tests.pyfunc.media import serving_files

TASK = "video-classification"


def films(folder: Path, *frames: int) -> list[str]:
    """Make videos of so many frames."""
    return [str(film(folder / f"{n}.mp4", count, seed=n)) for n, count in enumerate(frames)]


@pytest.mark.parametrize("architecture", ["videomae", "timesformer"])
def test_each_is_labelled_as_the_pipeline_labels_it(
    shipped: Packaged, native: Packaged, tmp_path: Path, architecture: str
) -> None:
    loaded = shipped(TASK, architecture=architecture)
    given, pipeline = films(tmp_path, 16, 17, 40, 70), native(TASK, architecture=architecture)
    for asked in ({}, {"function_to_apply": "none"}, {"frame_sampling_rate": 2}):
        able = given[2:] if "frame_sampling_rate" in asked else given
        table = loaded.predict(able, {**asked, "top_k": 2})
        for path, labels, scores in zip(able, table["label"], table["score"], strict=True):
            theirs = pipeline(path, top_k=2, **asked)
            assert labels == [one["label"] for one in theirs]
            assert scores == [one["score"] for one in theirs]


def test_a_video_is_one_in_any_form(model: Packaged, tmp_path: Path) -> None:
    loaded, (path,) = model(TASK), films(tmp_path, 20)
    data = Path(path).read_bytes()
    packed = base64.b64encode(data).decode()
    with serving_files({"/a.mp4": data}) as address:
        table = loaded.predict([path, packed, f"{address}/a.mp4"])
    assert table["score"].nunique() == 1


def test_what_cannot_be_used_names_its_row(shipped: Packaged, tmp_path: Path) -> None:
    loaded, (short, fit) = shipped(TASK), films(tmp_path, 9, 16)
    for wrong, said in [
        (short, "row 1: it has 9 frames; 16 are looked at"),
        (__file__, "row 1: it is no video that can be read"),
        ("no-such.mp4", "row 1: .*is no file"),
    ]:
        with pytest.raises(MlflowException, match=said):
            loaded.predict([fit, wrong])
    with pytest.raises(MlflowException, match="num_frames: the model does not take 8"):
        loaded.predict([fit], {"num_frames": 8})
