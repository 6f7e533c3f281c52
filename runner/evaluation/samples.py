"""Samples: a recording, a picture and a video, made on the spot where a recipe names none."""

import math
import struct
import wave
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from runner.tasks.media import Media

_RATE = 16_000
_SIDE = 64
_FRAMES = 128
_FRAMES_A_SECOND = 25


def sample_file(folder: Path, media: Media) -> Path:
    """Make a sample: a second of a 440 Hz tone, or a picture of 64 by 64 pixels, at rest or moving.

    Args:
        folder: Where to put it.
        media: ``audio``, ``image`` or ``video``.

    Returns:
        The file: WAV at 16 kHz, PNG, or MP4 of 128 frames.
    """
    name, write = _SAMPLES[media]
    path = folder / name
    if not path.exists():
        write(path)
    return path


def _write_tone(path: Path) -> None:
    values = (int(8000 * math.sin(2 * math.pi * 440 * i / _RATE)) for i in range(_RATE))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        out.writeframes(b"".join(struct.pack("<h", value) for value in values))


def _write_picture(path: Path) -> None:
    rows = b"".join(
        b"\0" + bytes(v for x in range(_SIDE) for v in (4 * x, 4 * y, 128)) for y in range(_SIDE)
    )
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))


def _write_film(path: Path) -> None:
    import av
    import numpy as np

    rows, columns = np.mgrid[:_SIDE, :_SIDE].astype(np.uint8)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=_FRAMES_A_SECOND)
        stream.width, stream.height, stream.pix_fmt = _SIDE, _SIDE, "yuv420p"
        for number in range(_FRAMES):
            moved = np.roll(np.dstack([4 * columns, 4 * rows, 0 * rows + 128]), number, axis=1)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(moved, format="rgb24")))
        out.mux(stream.encode())


_SAMPLES: Mapping[Media, tuple[str, Callable[[Path], None]]] = {
    "audio": ("sample.wav", _write_tone),
    "image": ("sample.png", _write_picture),
    "video": ("sample.mp4", _write_film),
}
"""The file of each kind, and what writes it."""
