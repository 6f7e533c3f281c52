"""Pictures and recordings made on the spot."""

import base64
import io
import wave

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
