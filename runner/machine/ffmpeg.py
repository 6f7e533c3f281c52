"""ffmpeg, which decodes audio: the system's, or the one a Python package carries."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from runner.files.temporary import temporary_folder

PACKAGE = "imageio-ffmpeg"
REMEDY = f"pip install {PACKAGE}, or install ffmpeg on this system."
_NAME = "ffmpeg"


def has_ffmpeg() -> bool:
    """Say whether there is an ffmpeg, without importing or running anything."""
    return bool(shutil.which(_NAME) or importlib.util.find_spec("imageio_ffmpeg"))


def find_ffmpeg() -> str:
    """Give the path of the program.

    Returns:
        The system's, else the package's.

    Raises:
        FileNotFoundError: There is neither.
    """
    if found := shutil.which(_NAME):
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe
    except ImportError as error:
        raise FileNotFoundError(f"there is no ffmpeg. {REMEDY}") from error
    return get_ffmpeg_exe()


@contextmanager
def ffmpeg_on_path() -> Generator[None]:
    """Let transformers find the package's ffmpeg: it calls the program by its usual name.

    Where the system has one, or there is none at all, nothing changes.
    """
    if shutil.which(_NAME) or not has_ffmpeg():
        yield
        return
    before = os.environ.get("PATH", "")
    with temporary_folder("ffmpeg") as folder:
        (Path(folder) / _NAME).symlink_to(find_ffmpeg())
        os.environ["PATH"] = f"{folder}{os.pathsep}{before}"
        try:
            yield
        finally:
            os.environ["PATH"] = before


def decode(file: Path, sampling_rate: int) -> bytes:
    """Decode a recording of any format.

    Args:
        file: The recording.
        sampling_rate: Samples a second wanted, in Hz; resampled where the file has others.

    Returns:
        Samples of one channel as little-endian float32.

    Raises:
        ValueError: The file is no recording.
        FileNotFoundError: There is no ffmpeg.
    """
    command = [find_ffmpeg(), "-v", "error", "-i", str(file), "-ac", "1", "-ar"]
    command += [str(sampling_rate), "-f", "f32le", "-"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ValueError(f"{file.name} cannot be decoded: {said[-1] if said else 'it is empty'}")
    return done.stdout
