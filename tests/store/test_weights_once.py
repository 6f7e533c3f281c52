"""The store: a set of weights is made once, whole, and shared by all who need it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from runner.packaging.weights import WeightsReport
from runner.store.garbage import unused
from runner.store.place import store_of
from runner.store.weights import Weights
from tests.conftest import REPOSITORY

KEY = "0123"
HALF = """
import sys
from pathlib import Path
from runner.packaging.weights import WeightsReport
from runner.store.weights import Weights

def write(folder):
    (folder / "model.safetensors").write_bytes(b"half")
    print("writing", flush=True)
    sys.stdin.read()

Weights("0123", Path(sys.argv[1])).put(write, Path("model"))
"""


@pytest.fixture
def weights(workspace: Path) -> Weights:
    """A set of weights in the store of ``out``, not made yet."""
    return Weights(KEY, workspace / "out/.store/weights" / KEY)


def writer(made: list[Path], content: bytes = b"w" * 64) -> Callable[[Path], WeightsReport]:
    """Give what writes weights, and keeps count."""

    def write(folder: Path) -> WeightsReport:
        made.append(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.safetensors").write_bytes(content)
        (folder / "config.json").write_text("{}")
        return WeightsReport("copied", len(content) + 2)

    return write


def test_weights_are_made_once_and_lie_on_the_disk_once(weights: Weights, workspace: Path) -> None:
    made: list[Path] = []
    reports = [weights.put(writer(made), workspace / name) for name in ("one", "two")]
    assert len(made) == 1
    assert [(r.how, r.bytes, r.kept) for r in reports] == [
        ("copied", 66, False),
        ("weights kept", 66, True),
    ]
    files = [workspace / name / "model.safetensors" for name in ("one", "two")]
    stats = [file.stat() for file in (*files, weights.place / "model.safetensors")]
    shared = len({stat.st_ino for stat in stats}) == 1
    assert shared or all(stat.st_nlink == 1 for stat in stats)  # clones, where there are any
    assert {file.name for file in (workspace / "one").iterdir()} == {
        "model.safetensors",
        "config.json",
    }


def test_what_people_edit_in_a_model_is_its_own(weights: Weights, workspace: Path) -> None:
    weights.put(writer([]), workspace / "one")
    (workspace / "one/config.json").write_text('{"edited": true}')
    weights.put(writer([]), workspace / "two")
    assert (workspace / "two/config.json").read_text() == "{}"


def test_hashes_that_were_taken_once_are_told_to_who_comes_next(
    weights: Weights, workspace: Path
) -> None:
    assert not weights.put(writer([]), workspace / "one").hashes
    weights.note_hashes({"model.safetensors": "12ab", "config.json": "34cd", "MLmodel": "56ef"})
    assert weights.put(writer([]), workspace / "two").hashes == {"model.safetensors": "12ab"}
    weights.note_hashes({"model.safetensors": "other"})
    assert weights.put(writer([]), workspace / "three").hashes == {"model.safetensors": "12ab"}


def test_half_a_note_of_a_killed_run_is_gone_with_the_next_note(
    weights: Weights, workspace: Path
) -> None:
    weights.put(writer([]), workspace / "one")
    half = weights.place / "..entry.json.partial"
    half.write_text('{"how": "co')
    assert weights.put(writer([]), workspace / "two").kept
    weights.note_hashes({"model.safetensors": "12ab"})
    assert not half.exists()
    assert weights.put(writer([]), workspace / "three").hashes == {"model.safetensors": "12ab"}


def test_hashes_of_an_entry_that_was_changed_are_not_noted(
    weights: Weights, workspace: Path
) -> None:
    weights.put(writer([]), workspace / "one")
    (weights.place / "model.safetensors").write_bytes(b"other")
    weights.note_hashes({"model.safetensors": "12ab"})
    assert not weights.put(writer([]), workspace / "two").hashes


def test_an_entry_that_was_changed_is_made_anew(weights: Weights, workspace: Path) -> None:
    made: list[Path] = []
    weights.put(writer(made), workspace / "one")
    with (weights.place / "model.safetensors").open("r+b") as file:
        file.write(b"x")
    weights.put(writer(made), workspace / "two")
    assert len(made) == 2
    assert (workspace / "two/model.safetensors").read_bytes() == b"w" * 64


def test_who_comes_meanwhile_waits_and_takes_what_was_made(
    weights: Weights, workspace: Path
) -> None:
    made: list[Path] = []
    together = Barrier(4)

    def put(name: int) -> WeightsReport:
        together.wait()
        return weights.put(writer(made), workspace / str(name))

    with ThreadPoolExecutor(4) as threads:
        reports = list(threads.map(put, range(4)))
    assert len(made) == 1
    assert sorted(report.kept for report in reports) == [False, True, True, True]


def test_a_maker_that_is_killed_leaves_nothing_that_is_taken_for_weights(
    weights: Weights, workspace: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HALF, str(weights.place)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.communicate()
    assert not weights.place.exists()
    assert [one.path.name for one in unused(workspace / "out")] == [f".{KEY}.partial"]
    weights.put(writer([]), workspace / "model")
    assert (workspace / "model/model.safetensors").read_bytes() == b"w" * 64
    assert [path.name for path in weights.place.parent.iterdir()] == [KEY]


def point(folder: Path, key: str) -> None:
    """Leave the record and the model of a point."""
    (folder / "model").mkdir(parents=True)
    (folder / "record.json").write_text(json.dumps({"weights": key}))


def test_what_no_model_uses_is_garbage(weights: Weights, workspace: Path) -> None:
    out = workspace / "out"
    weights.put(writer([]), out / "chat/a/model/model")
    point(out / "chat/b", KEY)
    assert unused(out) == []
    (out / "chat/b/model").rmdir()
    (found,) = unused(out)
    assert (found.path, found.what) == (weights.place, "weights of no run")
    point(out / "chat/c", KEY)
    assert not found.remove()  # it was taken up meanwhile
    (out / "chat/c/record.json").unlink()
    assert found.remove()
    assert not weights.place.exists()
    assert (out / "chat/a/model/model/model.safetensors").read_bytes() == b"w" * 64


def test_the_store_lies_beside_the_recipes_folders() -> None:
    assert store_of("qa/small", Path("/o/qa/small/default")) == Path("/o/.store")
    assert store_of("qa/small", Path("/o/small/rehearsal")) is None
