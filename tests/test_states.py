"""States of files: every file of a folder, and nothing that is none."""

import os
from pathlib import Path

from runner.files.states import state_of, states_of


def test_every_file_has_its_state_but_what_python_makes_and_links_that_lead_nowhere(
    tmp_path: Path,
) -> None:
    for name in ("b.txt", "a/c.bin", "a/__pycache__/c.pyc", "__pycache__/d.pyc", "a-b"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    for name, to in {"link": "b.txt", "dead": "gone", "loop": "loop", "folder": "a"}.items():
        (tmp_path / name).symlink_to(to)
    os.mkfifo(tmp_path / "pipe")
    found = states_of(tmp_path)
    assert list(found) == ["a-b", "a/c.bin", "b.txt", "link"]
    assert found["link"] == state_of(tmp_path / "b.txt")
    assert found["a/c.bin"] == (len("a/c.bin"), (tmp_path / "a/c.bin").stat().st_mtime_ns)
    assert states_of(tmp_path / "b.txt") == {"b.txt": found["b.txt"]}
    assert states_of(tmp_path / "gone") == {}
