"""Samples: a recording and a picture, made on the spot where a recipe names none."""

import math
import struct
import wave
import zlib
from pathlib import Path

from runner.tasks.base import Media

_RATE = 16_000
_SIDE = 64


def sample_file(folder: Path, media: Media) -> Path:
    """Make a sample: a second of a 440 Hz tone, or a picture of 64 by 64 pixels.

    Args:
        folder: Where to put it.
        media: ``audio`` or ``image``.

    Returns:
        The file: WAV at 16 kHz, or PNG.
    """
    path = folder / ("sample.wav" if media == "audio" else "sample.png")
    if not path.exists():
        (_write_tone if media == "audio" else _write_picture)(path)
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
