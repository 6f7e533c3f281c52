"""The folders that a run is to write: refused before anything runs where they cannot be."""

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile

from runner.errors import StorageError
from runner.findings import Finding, RecipeError
from runner.recipe.composing.overrides import COMMAND_LINE

_ELSEWHERE = "Write elsewhere with out=DIR."
_LONGEST_NAME = 255
"""Bytes."""
_LONGEST_PATH = 4000
"""Bytes: what Linux takes, with room for the files in the folder."""


def refuse_impossible(folders: Iterable[Path]) -> None:
    """Refuse folders that cannot be made or written to.

    Args:
        folders: Folders, there or not there yet.

    Raises:
        RecipeError: No machine could have such a folder.
        StorageError: Something on this disk is in the way.
    """
    for there in dict.fromkeys(map(_nearest, folders)):
        if there.is_file() or there.is_symlink() and not there.exists():
            message = f"{there} cannot be written to: it is in the way, and no folder."
            raise StorageError(message, _ELSEWHERE)
        if not there.is_dir():
            raise _never(f"`out`: {there} is no place for folders.")
        try:
            with TemporaryFile(dir=there):  # which has no name, so that a kill leaves nothing
                pass
        except OSError as error:
            message = f"{there} cannot be written to: {error.strerror}."
            raise StorageError(message, _ELSEWHERE) from error


def _nearest(folder: Path) -> Path:
    """Give the nearest thing there is around a folder, or at its place."""
    whole = folder.absolute()
    if len(os.fsencode(whole)) > _LONGEST_PATH:
        raise _never("`out`: the path is too long for any disk.")
    if long := [part for part in whole.parts if len(os.fsencode(part)) > _LONGEST_NAME]:
        raise _never(f"`out`: a name of {len(long[0])} characters is too long for any disk.")
    return next(place for place in (whole, *whole.parents) if os.path.lexists(place))


def _never(message: str) -> RecipeError:
    return RecipeError([Finding("bad-folder", message, _ELSEWHERE, ("out",), COMMAND_LINE)])
