"""Temporary folders: in one place, gone at the end, swept where a kill left them."""

import os
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from runner.files.temporary import (
    temporary_files_kept_together,
    temporary_folder,
    temporary_place,
)

_KILLED = """
import os, signal
from runner.files.temporary import temporary_folder
with temporary_folder("killed") as folder:
    (folder / "left").write_text("behind")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place for temporary files, of this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return temporary_place()


def test_a_folder_lies_in_the_one_place_and_is_gone_at_the_end(place: Path) -> None:
    with temporary_folder("mine") as folder, temporary_folder("mine") as other:
        (folder / "inside").mkdir()
        assert {folder.parent, other.parent} == {place}
        assert folder != other
        assert oct(place.stat().st_mode)[-3:] == "700"
    with pytest.raises(ZeroDivisionError), temporary_folder("mine"):
        raise ZeroDivisionError
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_is_swept_by_the_next_and_the_living_is_not(
    place: Path,
) -> None:
    with temporary_folder("living") as living:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-c", _KILLED],
            {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(place.parent)},
        )
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
        assert len(list(place.glob("killed-*/left"))) == 1
        with temporary_folder("next"):
            assert list(place.glob("killed-*")) == []
            assert living.is_dir()


def test_a_place_that_is_named_need_not_be_there(tmp_path: Path) -> None:
    with temporary_folder("first", tmp_path / "not" / "yet") as folder:
        assert folder.parent == tmp_path / "not" / "yet"
    assert not folder.exists()


def test_what_a_signal_left_at_the_very_end_is_swept_too(place: Path) -> None:
    with temporary_folder("stopped") as stopped:
        (stopped / "left").touch()
        stopped.with_suffix(".lock").unlink()  # as if it had been stopped while it was removed
        with temporary_folder("next") as living:
            assert list(place.glob("stopped-*")) == []
            with temporary_folder("other"):
                assert living.is_dir()


def test_temporary_files_of_libraries_lie_there_too_and_a_kill_leaves_none(place: Path) -> None:
    with temporary_files_kept_together():
        mine = Path(tempfile.mkdtemp())
        assert mine.parent.parent == place
        with temporary_folder("inside") as folder:
            assert folder.parent == place
        process = os.fork()
        if not process:
            with temporary_files_kept_together():
                Path(tempfile.mkdtemp(prefix="killed-"), "left").touch()
                os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(process, 0)
        assert len(list(place.glob("*/killed-*/left"))) == 1
        with temporary_files_kept_together():
            assert not list(place.glob("*/killed-*"))
        assert mine.is_dir()
    assert tempfile.tempdir == str(place.parent)
    assert list(place.iterdir()) == []


def test_a_place_of_somebody_else_is_not_taken(place: Path, tmp_path: Path) -> None:
    place.rmdir()
    place.symlink_to(tmp_path)
    with pytest.raises(PermissionError, match="somebody else's"), temporary_folder("mine"):
        pass
