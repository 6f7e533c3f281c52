"""Pictures and recordings made on the spot, and a web server that has them."""

import base64
import io
import threading
import wave
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np


def picture(width: int, height: int, seed: int) -> str:
    """Make a PNG, in base64."""
    from PIL import Image

    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, format="PNG")
    return base64.b64encode(packed.getvalue()).decode()


def recording(length: int, seed: int) -> bytes:
    """Make a WAV file of 16 kHz."""
    packed = io.BytesIO()
    with wave.open(packed, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        samples = np.random.default_rng(seed).integers(-9000, 9000, length, np.int16)
        out.writeframes(samples.tobytes())
    return packed.getvalue()


@contextmanager
def serving_files(held: Mapping[str, bytes]) -> Iterator[str]:
    """Run a web server that has files, by their paths; give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in held else 404)
            self.end_headers()
            self.wfile.write(held.get(self.path, b""))

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
