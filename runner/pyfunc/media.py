"""Recordings, images and videos, in whatever form a caller sends them."""

import base64
import binascii
import io
import shutil
import subprocess
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np

from .errors import bad_row
from .rows import kind_of

_MOST_BYTES = 512 * 2**20
_LONGEST_PATH = 4096
_SCHEMES = ("http://", "https://", "file://")


def audio_of(value: Any, number: int, sampling_rate: int) -> np.ndarray[Any, Any]:
    """Give a recording as samples.

    Args:
        value: Bytes of a file, the same in base64, a path, an address, or samples.
        number: The row's number, for errors.
        sampling_rate: Samples a second wanted, in Hz.

    Returns:
        float32 of shape ``(samples,)``.

    Raises:
        BadRequest: It is no recording; the error names the row.
    """
    if isinstance(value, np.ndarray | list):
        samples = np.asarray(value, dtype=np.float32)
        if samples.ndim != 1 or not samples.size:
            raise bad_row(number, f"samples have shape (n,), these have {samples.shape}")
        return samples
    data = _contents(value, number, "a recording")
    command = [_ffmpeg(), "-v", "error", "-i", "pipe:0", "-ac", "1", "-ar", str(sampling_rate)]
    done = subprocess.run(  # noqa: S603  the program is ffmpeg, its input comes by a pipe
        [*command, "-f", "f32le", "pipe:1"], input=data, capture_output=True, check=False
    )
    if done.returncode or not done.stdout:
        raise bad_row(number, "it is no recording that ffmpeg can read")
    return np.frombuffer(done.stdout, np.float32).copy()


def image_of(value: Any, number: int) -> Any:
    """Give an image as PIL has it, the way up that its file says (EXIF).

    Args:
        value: Bytes of a file, the same in base64, a path, an address, or an array of shape
            ``(height, width, 3)``.
        number: The row's number, for errors.

    Raises:
        BadRequest: It is no image; the error names the row.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if isinstance(value, np.ndarray | list):
        return Image.fromarray(np.asarray(value, dtype=np.uint8)).convert("RGB")
    data = _contents(value, number, "an image")
    try:
        return ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise bad_row(number, "it is no image that can be read") from error


@contextmanager
def video_file(value: Any, number: int) -> Generator[str]:
    """Give the path of a video, for as long as it is read.

    Args:
        value: Bytes of a file, the same in base64, a path, or an address.
        number: The row's number, for errors.

    Raises:
        BadRequest: It is no video; the error names the row.
    """
    with NamedTemporaryFile() as file:
        file.write(_contents(value, number, "a video"))
        file.flush()
        yield file.name


def frames_of(path: str, number: int, most: int) -> int:
    """Count the frames of a video.

    Args:
        path: The file.
        number: The row's number, for errors.
        most: How many frames are asked for; more are not looked at.

    Raises:
        BadRequest: It is no video; the error names the row.
    """
    import av

    try:
        with av.open(path) as container:
            return sum(1 for _ in islice(container.decode(video=0), most))
    except (ValueError, IndexError, OSError) as error:  # av's own errors are such
        raise bad_row(number, "it is no video that can be read") from error


def _contents(value: Any, number: int, what: str) -> bytes:
    match value:
        case bytes():
            return _unless_base64(value)
        case str() if value.startswith(_SCHEMES):
            try:
                with urllib.request.urlopen(value, timeout=60) as reply:  # noqa: S310
                    return reply.read(_MOST_BYTES)
            except OSError as error:
                raise bad_row(number, f"{value} cannot be fetched: {error}") from error
        case str() if _is_file(value):
            return Path(value).read_bytes()
        case str():
            try:
                return _decoded(value.encode())
            except binascii.Error as error:
                shown = value if len(value) < 40 else value[:40] + "…"
                why = f"{shown!r} is no file, no address and not base64"
                raise bad_row(number, why) from error
        case _:
            raise bad_row(number, f"{what} is wanted, not {kind_of(value)}")


def _is_file(value: str) -> bool:
    if len(value) >= _LONGEST_PATH or "\0" in value:
        return False
    try:
        return Path(value).is_file()
    except OSError:  # a name that no file system takes, as base64 may be one
        return False


def _decoded(data: bytes) -> bytes:
    """Decode base64, line breaks in it or not."""
    return base64.b64decode(b"".join(data.split()), validate=True)


def _unless_base64(data: bytes) -> bytes:
    """Decode bytes that are base64 themselves, as a server passes them on undecoded."""
    try:
        return _decoded(data) if data.isascii() else data
    except binascii.Error:
        return data


def _ffmpeg() -> str:
    if found := shutil.which("ffmpeg"):
        return found
    from imageio_ffmpeg import get_ffmpeg_exe

    return get_ffmpeg_exe()
