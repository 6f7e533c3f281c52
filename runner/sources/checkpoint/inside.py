"""A source stays inside its folder: no link of it leads out, and it holds nothing but files."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from runner.errors import SourceError

_SNAPSHOTS = "snapshots"
_BLOBS = "blobs"


def insist_inside(folder: Path, names: Iterable[str]) -> None:
    """Refuse files of a source that are links to somewhere else, or no files at all.

    Args:
        folder: The source's folder. It may itself be reached by a link. That of a hub's cache
            keeps the content of its files in the ``blobs`` beside it.
        names: Paths of files and folders in it, relative to it; one that is not there is passed
            over.

    Raises:
        SourceError: A file lies elsewhere, or reading it would wait for something.
    """
    roots = _roots(folder)
    for name in names:
        path = folder / name
        try:
            real = path.resolve(strict=True)
            mode = real.stat().st_mode
        except FileNotFoundError:
            continue
        except (OSError, RuntimeError) as error:  # links in a circle: a RuntimeError until 3.13
            raise SourceError(f"{path} cannot be read: {error}", "Mend the link.") from error
        if not any(real.is_relative_to(root) for root in roots):
            raise SourceError(
                f"{path} is a link that leads out of its source, to {real}",
                "Copy the file into the folder if it belongs there.",
            )
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise SourceError(
                f"{path} is no file", "A checkpoint holds files alone: take it out of the folder."
            )


def names_in(folder: Path) -> list[str]:
    """List what a checkpoint's folder holds, and what its folders hold, links among it.

    Args:
        folder: The folder.

    Returns:
        Paths relative to it; hidden ones are left out, because no library reads them.
    """
    found = (*folder.glob("*"), *folder.glob("*/*"))
    paths = [path.relative_to(folder) for path in found]
    shown = (path for path in paths if not any(part.startswith(".") for part in path.parts))
    return sorted(path.as_posix() for path in shown)


def _roots(folder: Path) -> list[Path]:
    real = folder.resolve()
    if real.parent.name == _SNAPSHOTS:
        return [real, real.parent.parent / _BLOBS]
    return [real]


def is_inside(name: str) -> bool:
    """Say whether a file name that a source gives stays below the folder it is relative to.

    Args:
        name: The name, with ``/`` between its parts.
    """
    parts = name.split("/")
    plain = all(part not in ("", ".", "..") for part in parts)
    return plain and not any(sign in name for sign in ("\\", "\0")) and not os.path.isabs(name)
