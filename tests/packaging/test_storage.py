"""Files are put in place whole or not at all, and without a second copy where that can be."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from runner.errors import StorageError
from runner.packaging.storage import appearing, clone_file, need_room, share_file


def test_a_clone_has_the_same_bytes_and_is_independent(tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_bytes(os.urandom(3 * 2**20 + 17))
    way = clone_file(source, tmp_path / "b")
    assert way in ("reflink", "copy")
    assert (tmp_path / "b").read_bytes() == source.read_bytes()
    source.write_bytes(b"changed")
    assert (tmp_path / "b").stat().st_size == 3 * 2**20 + 17


def test_a_shared_file_takes_no_second_copy(tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_bytes(b"x" * 2**20)
    way = share_file(source, tmp_path / "b")
    if way == "hardlink":
        assert source.stat().st_ino == (tmp_path / "b").stat().st_ino
    else:
        assert way == "reflink"
    assert (tmp_path / "b").read_bytes() == source.read_bytes()


def test_a_folder_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with appearing(target) as staged:
        (staged / "file").write_text("new")
        assert not target.exists()
    assert (target / "file").read_text() == "new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model"]


def test_a_failure_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "file").write_text("old")

    def fill() -> None:
        with appearing(target) as staged:
            (staged / "file").write_text("half")
            raise KeyError("a defect in the middle")

    with pytest.raises(KeyError):
        fill()
    assert (target / "file").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model"]


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".model.partial" / "model").mkdir(parents=True)
    with appearing(tmp_path / "model") as staged:
        assert list(staged.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_storage_error(tmp_path: Path, number: int) -> None:
    def fill() -> None:
        with appearing(tmp_path / "model"):
            raise OSError(number, os.strerror(number))

    with pytest.raises(StorageError, match="no room left"):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_files_get_the_mode_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with appearing(tmp_path / "model") as staged:
            (staged / "weights").write_bytes(b"")
            (staged / "weights").chmod(0o600)
    finally:
        os.umask(before)
    assert (tmp_path / "model" / "weights").stat().st_mode & 0o777 == 0o644


def test_too_little_room_is_said_before_anything_is_written(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(StorageError, match="GB free and the model needs"):
        need_room(tmp_path, free * 2)
    need_room(tmp_path, 1)
