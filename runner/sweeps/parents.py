"""The MLflow run of a sweep, noted beside its points, so that the same sweep goes on with it."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from runner.files.disk import write_whole
from runner.sweeps.points import Point

NOTE_FILE = ".mlflow.json"


class Noted(BaseModel):
    """The run of a sweep.

    Args:
        run_id: The run.
        server: Which server has it, by a hash.
        varies: Dotted names of what varies in it.
        points: The folders of its points, relative to the folder of the note.
        is_open: Whether nobody has closed it yet: who began it may have been killed.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True)

    run_id: str
    server: str
    varies: list[str]
    points: list[str]
    is_open: bool = False


@dataclass(frozen=True)
class Parent:
    """The run of a sweep.

    Args:
        run_id: The run; empty before there is one.
        varies: Dotted names of what varies in it.
        folders: The folders of its points, absolute.
        is_open: Whether nobody has closed it yet.
    """

    run_id: str
    varies: tuple[str, ...]
    folders: tuple[Path, ...]
    is_open: bool = True


def noted_parent(folders: Sequence[Path], uri: str) -> Parent | None:
    """Give the run of the sweep that points are of; None where none is noted for all of them.

    Args:
        folders: The folders of the points.
        uri: Tracking URI.
    """
    wanted = {folder.absolute() for folder in folders}
    for around in folders[0].absolute().parents:
        noted = read_noted(around / NOTE_FILE)
        known = [around / point for point in noted.points] if noted else []
        if noted and noted.server == _server(uri) and wanted <= {*known}:
            return Parent(noted.run_id, tuple(noted.varies), tuple(known), noted.is_open)
    return None


def is_left_open(points: Sequence[Point]) -> bool:
    """Say whether a sweep was killed before its run in MLflow was closed.

    Args:
        points: The points of the sweep.
    """
    uri = points[0].composed.settings.tracking.uri if points else None
    known = noted_parent([point.folder for point in points], uri) if uri else None
    return known is not None and known.is_open


def note_parent(parent: Parent, uri: str) -> None:
    """Note the run of a sweep.

    Args:
        parent: The run.
        uri: Tracking URI.
    """
    around = Path(os.path.commonpath([folder.parent for folder in parent.folders]))
    around.mkdir(parents=True, exist_ok=True)
    noted = Noted(
        run_id=parent.run_id,
        server=_server(uri),
        varies=list(parent.varies),
        points=[folder.relative_to(around).as_posix() for folder in parent.folders],
        is_open=parent.is_open,
    )
    write_whole(around / NOTE_FILE, noted.model_dump_json() + "\n")


def read_noted(file: Path) -> Noted | None:
    """Read a note; None where there is none, or it is none of ours.

    Args:
        file: The file.
    """
    try:
        return Noted.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def forget_parents(places: Iterable[Path]) -> None:
    """Remove the notes of sweeps of which no point is left.

    Args:
        places: The folders in which notes may be.
    """
    for place in places:
        noted = read_noted(place / NOTE_FILE)
        if noted and not any((place / point).exists() for point in noted.points):
            (place / NOTE_FILE).unlink()


def _server(uri: str) -> str:
    return hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()
