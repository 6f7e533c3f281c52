"""Recordings and images by their address; white space in answers."""

import base64
from collections.abc import Iterator

import pytest
from mlflow.exceptions import MlflowException

from tests.pyfunc.conftest import SHORT, Packaged
from tests.pyfunc.media import picture, recording, serving_files

SOUND, IMAGE = recording(8000, 3), base64.b64decode(picture(32, 32, 3))
HELD = {"/said.wav": SOUND, "/seen.png": IMAGE}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Give the address of a web server that has a recording and an image."""
    with serving_files(HELD) as address:
        yield address


def test_a_recording_is_fetched_from_its_address(model: Packaged, address: str) -> None:
    task = "automatic-speech-recognition"
    fetched = model(task, input_type="path").predict([f"{address}/said.wav"])
    assert fetched == model(task).predict([SOUND])


def test_an_image_is_fetched_from_its_address(model: Packaged, address: str) -> None:
    loaded = model("image-classification")
    fetched = loaded.predict([f"{address}/seen.png"]).to_dict()
    assert fetched == loaded.predict([base64.b64encode(IMAGE).decode()]).to_dict()


def test_an_address_without_a_file_is_refused_by_row(model: Packaged, address: str) -> None:
    loaded = model("automatic-speech-recognition", input_type="path")
    with pytest.raises(MlflowException, match=r"row 1: http.* cannot be fetched: .*404") as caught:
        loaded.predict([f"{address}/said.wav", f"{address}/none.wav"])
    assert caught.value.get_http_status_code() == 400


def test_white_space_within_an_answer_is_collapsed_where_the_recipe_says_so(
    model: Packaged,
) -> None:
    prompt = "My  dog\n\n eats"
    as_it_is = model("text-generation").predict([prompt])[0]
    assert as_it_is.startswith(prompt)
    config = {**SHORT, "collapse_whitespace": True}
    collapsed = model("text-generation", model_config=config).predict([prompt])[0]
    assert collapsed == " ".join(as_it_is.split())
    assert collapsed.startswith("My dog eats")
