"""An entry of the store: a folder of files, and a note of how they were when it was made."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ValidationError

from runner.files.disk import replacing, staged_for
from runner.files.states import State, states_of

_NOTE = ".entry.json"
_HALF_A_NOTE = staged_for(Path(_NOTE)).name
_EDITED = (".json", ".py")


class Entry(BaseModel):
    """What is noted of an entry.

    Args:
        how: How its files were made.
        files: State of each, by its name.
        hashes: SHA-256 of each that its readers share, once a reader has taken them.
    """

    how: str
    files: dict[str, State]
    hashes: dict[str, str] = {}

    @property
    def bytes(self) -> int:
        """Size of its files."""
        return sum(size for size, _ in self.files.values())


def is_shared(name: str) -> bool:
    """Say whether a file of an entry is shared; one that somebody may edit in a model is not.

    Args:
        name: Its name.
    """
    return Path(name).suffix not in _EDITED


def note(folder: Path, how: str) -> Entry:
    """Note of a folder that it is an entry from now on.

    Args:
        folder: The folder, with all its files.
        how: How they were made.

    Returns:
        The note.
    """
    entry = Entry(how=how, files=states_of(folder))
    (folder / _NOTE).write_text(entry.model_dump_json(), encoding="utf-8")
    return entry


def note_hashes(folder: Path, hashes: Mapping[str, str]) -> None:
    """Note the hashes of an entry's files, so that who shares them next need not read them.

    Args:
        folder: The folder; who calls holds its lock.
        hashes: SHA-256 by name; those of other files than the shared ones are left out.
    """
    entry = whole(folder)
    if entry is None or entry.hashes:
        return
    shared = {name: hashes[name] for name in entry.files if is_shared(name) and name in hashes}
    noted = entry.model_copy(update={"hashes": shared})
    with replacing(folder / _NOTE) as staged:
        staged.write_text(noted.model_dump_json(), encoding="utf-8")


def whole(folder: Path) -> Entry | None:
    """Give the note of an entry whose files are all as they were; None for anything else.

    Args:
        folder: The folder.
    """
    with suppress(OSError, ValidationError):
        entry = Entry.model_validate_json((folder / _NOTE).read_bytes())
        found = states_of(folder)
        del found[_NOTE]
        found.pop(_HALF_A_NOTE, None)  # of a killed run, and gone with the next note
        if found == entry.files:
            return entry
    return None
