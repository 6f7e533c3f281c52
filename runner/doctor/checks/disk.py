"""There is room for the models, and for what a hub sends."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from runner.doctor.diagnosis import Needs, Result, Status

FLOOR = 2 * 10**9
"""Bytes: about what a model of half a billion parameters takes, with room to write it anew."""
_OUT = "outputs"


def check(needs: Needs) -> Iterator[Result]:
    """Look at the folder of the outputs, and at the hub's cache where it is needed."""
    yield room(Path(needs.settings.out or _OUT), "models", "write elsewhere with out=DIR")
    if needs.hub():
        from huggingface_hub import constants

        cache = Path(constants.HF_HUB_CACHE)
        yield room(cache, "downloads", "choose another folder with HF_HOME")


def room(folder: Path, what: str, otherwise: str, floor: int = FLOOR) -> Result:
    """Judge the room and the leave to write at a folder that may not be there yet.

    Args:
        folder: The folder.
        what: What is to be put there.
        otherwise: What to do where there is too little.
        floor: Bytes that there should be.
    """
    absolute = folder.absolute()
    there = next(parent for parent in (absolute, *absolute.parents) if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        message = f"{there} cannot be written to"
        return Result(Status.PROBLEM, message, f"Mend that, or {otherwise}.")
    free = shutil.disk_usage(there).free
    message = f"{free / 1e9:.1f} GB free for {what} in {folder}"
    if free < floor:
        return Result(Status.WARNING, message, f"Free some space, or {otherwise}.")
    return Result(Status.OK, message)
