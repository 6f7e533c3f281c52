"""A machine that says no: disk full, folder gone, no descriptors, no memory, names too long."""

import errno
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from runner.errors import ResourceError, StorageError
from runner.files.disk import failing_as_storage, replacing, write_whole
from tests.conftest import REPOSITORY
from tests.forked import Ended, start

BASE = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
RECIPE = BASE + "model_config: {max_new_tokens: 2}\nevaluation: {views: [pyfunc]}\n"
DATASET = BASE + (
    "model_config: {max_new_tokens: 2}\nevaluation:\n"
    "  views: []\n  dataset: {path: ../rows.csv, inputs: text, target: label}\n"
    "  metrics: [exact_match]\n"
)
_LIMITED = """
import io, os, resource, shutil, sys
from contextlib import redirect_stderr, redirect_stdout
from runner.cli import main
kind, value, *line = sys.argv
said = io.StringIO()
if kind == "vanish":
    replace = os.replace
    def vanishing(source, target, _left=[int(value)]):
        _left[0] -= 1
        if not _left[0]:
            shutil.rmtree(os.path.dirname(target))
        return replace(source, target)
    os.replace = vanishing
else:
    number = getattr(resource, kind)
    usual, most = resource.getrlimit(number)
    more = len(os.listdir("/proc/self/fd")) if kind == "RLIMIT_NOFILE" else 0
    resource.setrlimit(number, (int(value) + more, most))
with redirect_stderr(said), redirect_stdout(said):
    code = main(line)
if kind != "vanish":
    resource.setrlimit(number, (usual, most))
sys.stdout.write(said.getvalue())
sys.exit(int(code))
"""
"""The command line on a machine with less; what it says comes when there is more again."""


def on_less(folder: Path, kind: str, value: int, *line: str) -> Ended:
    """Run a command where something is short."""
    argv = (kind, str(value), *line)
    return start(_LIMITED, folder, argv=argv, path=[str(REPOSITORY)]).end()


@pytest.fixture
def recipes(workspace: Path) -> Path:
    (workspace / "recipes").mkdir()
    (workspace / "recipes" / "good.yaml").write_text(RECIPE)
    (workspace / "recipes" / "data.yaml").write_text(DATASET)
    (workspace / "rows.csv").write_text("text,label\na,b\nc,d\n")
    return workspace


def files(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield str(file.relative_to(folder))


def insist_on_one_message(done: Ended, code: str) -> None:
    assert done.code == 3, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stdout.count("error[") == 1, done.stdout
    assert f"error[{code}]" in done.stdout


QUIET = "tracking.uri=null"
FULL = [
    ("new fill-mask mine", 0),
    ("new fill-mask mine", 400),
    ("lock good", 0),
    ("lock good", 300),
    (f"run +recipe=good {QUIET}", 0),
    (f"run +recipe=good {QUIET}", 100_000),
    ("rehearse +recipe=good", 60_000),
    (f"-m +recipe=good dtype=float32,bfloat16 {QUIET}", 100_000),
]


@pytest.mark.parametrize(("line", "most"), FULL)
def test_a_full_disk_is_one_message_and_nothing_is_left_in_part(
    recipes: Path, line: str, most: int
) -> None:
    before = set(files(recipes))
    done = on_less(recipes, "RLIMIT_FSIZE", most, *line.split())
    assert done.code == 3, done.stdout + done.stderr
    assert "Traceback" not in done.stdout
    assert "no room left" in done.stdout or "could not be written" in done.stdout, done.stdout
    left = set(files(recipes)) - before
    assert {Path(name).name for name in left} <= {"record.json", "recipe.yaml", "sweep.json"}, left
    assert all((recipes / name).stat().st_size for name in left)


def test_a_model_is_asked_on_a_full_disk_and_again_when_there_is_room(recipes: Path) -> None:
    assert on_less(recipes, "RLIMIT_FSIZE", 2**40, "+recipe=good", QUIET).code == 0
    model = "outputs/good/default/model"
    for line in (
        ("predict", model, "--data", "rows.csv", "--inputs", "text", "--out", "answers.csv"),
        ("evaluate", model, "+recipe=data", QUIET),
    ):
        insist_on_one_message(on_less(recipes, "RLIMIT_FSIZE", 0, *line), "storage-failed")
        again = on_less(recipes, "RLIMIT_FSIZE", 2**40, *line)
        assert again.code == 0, again.stdout
    assert len((recipes / "answers.csv").read_text().splitlines()) == 3
    assert not (recipes / "answers.csv.partial").exists()


WRITING = [
    *(f"run +recipe=good {QUIET}", "lock good", "new fill-mask mine", "rehearse +recipe=good"),
    f"-m +recipe=good dtype=float32 {QUIET}",
]


@pytest.mark.parametrize("line", WRITING)
def test_a_folder_that_vanishes_is_named(recipes: Path, line: str) -> None:
    done = on_less(recipes, "vanish", 1, *line.split())
    insist_on_one_message(done, "storage-failed")
    assert "the folder is gone" in done.stdout


@pytest.mark.parametrize("line", WRITING)
def test_files_that_cannot_be_opened_any_more(recipes: Path, line: str) -> None:
    done = on_less(recipes, "RLIMIT_NOFILE", 0, *line.split())
    insist_on_one_message(done, "resources-failed")


@pytest.mark.parametrize("line", ["new fill-mask NAME", "predict . --data rows.csv --out NAME.csv"])
def test_a_name_that_is_too_long_is_no_defect(recipes: Path, line: str) -> None:
    named = line.replace("NAME", "a" * 300).split()
    done = on_less(recipes, "RLIMIT_FSIZE", 2**40, *named)
    assert done.code in (2, 3), done.stdout
    assert done.stdout.count("error[") == 1


def test_memory_that_is_not_there_is_said_in_a_word() -> None:
    with pytest.raises(ResourceError, match="not enough memory"), failing_as_storage():
        bytearray(2**62)
    with pytest.raises(ResourceError, match="not enough memory"), failing_as_storage():
        torch.empty(2**50)
    usual = threading.stack_size(2**46)
    try:
        with pytest.raises(ResourceError, match="not enough memory"), failing_as_storage():
            threading.Thread(target=print).start()
    finally:
        threading.stack_size(usual)


def test_a_mistake_is_no_full_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), failing_as_storage():
        (tmp_path / "absent").read_text()
    with pytest.raises(ZeroDivisionError), failing_as_storage():
        raise ZeroDivisionError


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    write_whole(file, "first")

    def half(staged: Path) -> Any:
        staged.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    refused = pytest.raises(StorageError, match=f"no room left in {tmp_path}")
    with refused, failing_as_storage(), replacing(file) as staged:
        half(staged)
    assert [file.name for file in tmp_path.iterdir()] == ["kept"]
    assert file.read_text() == "first"


def test_a_file_that_several_write_has_nothing_of_the_killed_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    with replacing(file, shared=True) as living:
        living.write_text("living")
        process = os.fork()
        if not process:
            with replacing(file, shared=True) as staged:
                staged.write_text("half")
                os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(process, 0)
        assert len(list(tmp_path.iterdir())) == 2
        process = os.fork()
        if not process:
            with replacing(file, shared=True) as staged:
                staged.write_text("next")
            os._exit(0)
        os.waitpid(process, 0)
        assert file.read_text() == "next"
        assert sorted(path.name for path in tmp_path.iterdir()) == [living.name, "kept"]
    assert file.read_text() == "living"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
