"""Recordings and images by their address; white space in answers."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from mlflow.exceptions import MlflowException

from tests.pyfunc.conftest import SHORT, Packaged
from tests.pyfunc.media import picture, recording

SOUND, IMAGE = recording(8000, 3), base64.b64decode(picture(32, 32, 3))
HELD = {"/said.wav": SOUND, "/seen.png": IMAGE}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A web server that has a recording and an image."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in HELD else 404)
            self.end_headers()
            self.wfile.write(HELD.get(self.path, b""))

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


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
