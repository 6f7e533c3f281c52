"""Locks as data: the file to the byte and back, what drifted, and what is no lock or no recipe."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import Exit
from runner.findings import RecipeError
from runner.locks.drift import Drift, DriftKind, LockError, drift, missing
from runner.locks.lock import Lock, LockedPart, lock_file_of
from runner.locks.reading import read_any_lock, read_lock
from tests.conftest import REPOSITORY, Outcome

Cli = Callable[..., Outcome]
HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)
COMMIT = "1" * 40
VALUES: dict[str, Any] = {
    "lock": 1,
    "recipe": "sha256:" + "a" * 64,
    "task": "text-generation",
    "parts": {
        "model": {
            "kind": "hub",
            "name": "org/tiny",
            "revision": "main",
            "commit": COMMIT,
            "license": "mit",
            "files": {"config.json": {"sha256": "b" * 64, "size": 123}},
        },
        "tokenizer": {
            "kind": "local",
            "name": "../tokenizer",
            "files": {"tokenizer.json": {"sha256": "c" * 64, "size": 9}},
        },
    },
    "model": {"class": "GPT2LMHeadModel", "dtype": "bfloat16", "parameters": 7, "bytes": 14},
    "signature": {"inputs": [{"type": "string"}], "outputs": [], "params": []},
    "packages": {"torch": "2.6", "transformers": "4.57.6"},
    "result": {"verdict": "passed", "metrics": {"score": 0.5}, "outputs": "sha256:" + "d" * 64},
}
OTHER_FILES = {"tokenizer.json": {"sha256": "f" * 64, "size": 9}}
LOCK = Lock.model_validate(VALUES)


def now(**changes: Any) -> Lock:
    """The lock as it would be now, something of it changed."""
    return LOCK.model_copy(update=changes)


def moved(name: str, /, **changes: Any) -> dict[str, LockedPart]:
    """The parts, one of them changed."""
    part = LOCK.parts[name].model_dump() | changes
    return {**LOCK.parts, name: LockedPart.model_validate(part)}


def test_the_file_is_the_format_itself_in_block_style(workspace: Path) -> None:
    text = LOCK.text()
    assert yaml.safe_load(text) == VALUES
    assert list(yaml.safe_load(text)) == list(VALUES), "fixed order"
    assert text.startswith("lock: 1\nrecipe: sha256:aaa")
    assert "\n      config.json:\n        sha256: bbb" in text
    assert LOCK.write(workspace / "a.lock.yaml")
    assert not LOCK.write(workspace / "a.lock.yaml"), "nothing to write"
    assert read_lock(workspace / "a.lock.yaml") == LOCK
    assert read_lock(workspace / "b.lock.yaml") is None
    assert lock_file_of(Path("recipes/qa/squad.v2.yaml")) == Path("recipes/qa/squad.v2.lock.yaml")


@settings(max_examples=50, deadline=None)
@given(HASHES, st.dictionaries(st.text(min_size=1), HASHES, max_size=3), st.floats())
def test_what_is_written_is_read_back(commit: str, files: dict[str, str], score: float) -> None:
    part = {
        "kind": "hub",
        "name": "a/b",
        "commit": commit[:40],
        "files": {name: {"sha256": sha256, "size": 1} for name, sha256 in files.items()},
    }
    result = {"verdict": "passed", "metrics": {"score": score}, "outputs": commit}
    lock = Lock.model_validate({**VALUES, "parts": {"model": part}, "result": result})
    again = Lock.model_validate(yaml.safe_load(lock.text()))
    assert again.text() == lock.text()
    assert again.parts == lock.parts


def test_nothing_drifted() -> None:
    assert drift(LOCK, LOCK, "qa/squad") == []


@pytest.mark.parametrize(
    ("present", "kind", "said"),
    [
        (
            now(recipe="sha256:" + "e" * 64),
            DriftKind.RECIPE_CHANGED,
            "the recipe qa/squad is eeeeeeeeeeee, the lock says aaaaaaaaaaaa.",
        ),
        (
            now(parts=moved("model", commit="2" * 40)),
            DriftKind.SOURCE_MOVED,
            "the model is hub org/tiny main at 222222222222, the lock says hub org/tiny main at "
            "111111111111.",
        ),
        (
            now(parts=moved("tokenizer", name="../other")),
            DriftKind.SOURCE_MOVED,
            "the tokenizer is local ../other, the lock says local ../tokenizer.",
        ),
        (
            now(parts={"model": LOCK.parts["model"]}),
            DriftKind.SOURCE_MOVED,
            "the tokenizer is absent, the lock says local ../tokenizer.",
        ),
        (
            now(parts=moved("tokenizer", files=OTHER_FILES)),
            DriftKind.FILE_CHANGED,
            "tokenizer.json of the tokenizer is ffffffffffff (9 bytes), the lock says cccccccccccc "
            "(9 bytes).",
        ),
        (
            now(parts=moved("tokenizer", files={})),
            DriftKind.FILE_CHANGED,
            "tokenizer.json of the tokenizer is absent, the lock says cccccccccccc (9 bytes).",
        ),
        (
            now(parts=moved("model", files={"config.json": {"size": 124}})),
            DriftKind.FILE_CHANGED,
            "config.json of the model is (124 bytes), the lock says bbbbbbbbbbbb (123 bytes).",
        ),
        (
            now(packages={"torch": "2.7", "transformers": "4.57.6"}),
            DriftKind.PACKAGE_CHANGED,
            "torch is 2.7, the lock says 2.6.",
        ),
        (
            now(packages={"torch": "2.6", "transformers": ""}),
            DriftKind.PACKAGE_CHANGED,
            "transformers is absent, the lock says 4.57.6.",
        ),
    ],
)  # fmt: skip
def test_each_drift_names_what_moved(present: Lock, kind: DriftKind, said: str) -> None:
    (found,) = drift(LOCK, present, "qa/squad")
    assert found.kind is kind
    assert found.message == said
    assert found.finding("a.lock.yaml").remedy


def test_no_lock_is_a_drift_of_its_own() -> None:
    found = missing("qa/squad")
    assert found.kind is DriftKind.LOCK_MISSING
    assert found.message == "qa/squad has no lock."


def test_what_is_not_known_has_not_drifted() -> None:
    unhashed = moved("model", files={"config.json": {"size": 123}, "new.txt": {"size": 1}})
    assert drift(LOCK, now(parts=unhashed), "qa/squad") == [], "a commit has its files for good"


def test_everything_that_drifted_is_said_at_once() -> None:
    present = now(recipe="sha256:0", packages={"torch": "3", "transformers": "5"})
    kinds = [found.kind for found in drift(LOCK, present, "qa/squad")]
    assert kinds == [DriftKind.RECIPE_CHANGED, *[DriftKind.PACKAGE_CHANGED] * 2]


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        ([DriftKind.LOCK_MISSING], Exit.WRONG_INPUT),
        ([DriftKind.PACKAGE_CHANGED, DriftKind.RECIPE_CHANGED], Exit.WRONG_INPUT),
        ([DriftKind.SOURCE_MOVED], Exit.OUTSIDE_FAILED),
        ([DriftKind.FILE_CHANGED, DriftKind.PACKAGE_CHANGED], Exit.OUTSIDE_FAILED),
    ],
)
def test_whose_fault_it_is_decides_the_exit_code(kinds: list[DriftKind], code: Exit) -> None:
    assert LockError([("a.lock.yaml", Drift(kind, "it")) for kind in kinds]).exit is code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "lock: 2\n",
        "<<<<<<< ours\nlock: 1\n",
        LOCK.text() + "more: 1\n",
        LOCK.text().replace(COMMIT, "main"),
        LOCK.text().replace("lock: 1", "lock: !!python/name:os.system"),
    ],
)
def test_what_is_no_lock_is_a_finding(workspace: Path, text: str) -> None:
    (workspace / "a.lock.yaml").write_text(text)
    with pytest.raises(RecipeError) as raised:
        read_lock(workspace / "a.lock.yaml")
    (found,) = raised.value.findings
    assert (found.code, str(found.place)) == ("lock-unreadable", "a.lock.yaml")
    assert raised.value.exit is Exit.WRONG_INPUT


def _bomb() -> str:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(["l0: &l0 [x]", *levels, ""])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LOCK.text() + "#" * 100_000_000, "is larger than"),
        (_bomb(), "holds more than"),
        ("signature: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("signature:\n" + "- " * 5000 + "x", "nested too deeply"),
    ],
    ids=["100 MB", "aliases of aliases", "5,000 brackets", "5,000 dashes"],
)
def test_a_lock_that_would_choke_the_reader_is_refused_at_once(
    cli: Cli, workspace: Path, text: str, said: str
) -> None:
    (workspace / "recipes").mkdir()
    recipe = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
    (workspace / "recipes" / "good.yaml").write_text(recipe)
    lock = workspace / "recipes" / "good.lock.yaml"
    lock.write_text(text)
    start = time.perf_counter()
    done = cli("lock", "--check", "good")
    assert time.perf_counter() - start < 5
    assert done.code == 2
    assert "error[lock-unreadable]" in done.stderr
    assert said in done.stderr
    assert said in str(read_any_lock(lock))


def test_hashes_that_look_like_numbers_are_text(workspace: Path) -> None:
    commit = "1" * 35 + "e1234"
    lock = Lock.model_validate({**VALUES, "parts": {**VALUES["parts"], "model": {
        **VALUES["parts"]["model"], "name": "1e5", "commit": commit}}})  # fmt: skip
    assert f"commit: {commit}\n" in lock.text(), "written without quotes"
    lock.write(workspace / "a.lock.yaml")
    assert read_lock(workspace / "a.lock.yaml") == lock


def test_a_lock_of_another_version_is_read_forgivingly_to_review_it(workspace: Path) -> None:
    file = workspace / "a.lock.yaml"
    file.write_text("lock: 2\nrecipe: sha256:0\nparts: {model: {commit: 12e4, more: 1}}\nnew: {}\n")
    found = read_any_lock(file)
    assert isinstance(found, Lock)
    assert found.parts["model"].commit == "12e4"
    assert (found.task, found.packages, found.model) == ("", {}, None)
    with pytest.raises(RecipeError):
        read_lock(file)


def test_a_lock_is_never_taken_for_a_recipe(cli: Cli, workspace: Path) -> None:
    folder = workspace / "recipes" / "own"
    folder.mkdir(parents=True)
    recipe = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
    (folder / "good.yaml").write_text(recipe)
    (folder / "good.lock.yaml").write_text(LOCK.text())
    (folder / "heir.yaml").write_text("defaults: [good.lock, _self_]\n")
    names = cli("ls", "--names").stdout.split()
    assert [name for name in names if name.startswith("own/")] == ["own/good", "own/heir"]
    assert cli("validate", "own/good").stdout == "1 recipe: all well\n"
    assert "no recipe `own/good.lock`" in cli("validate", "recipes").stdout, "nor extended"
    named = cli("validate", "recipes/own/good.lock.yaml")
    assert named.code == 2
    assert "error[not-a-recipe]" in named.stdout
    assert "Name good.yaml." in named.stdout
    for asked in ("own/good.lock", "own/good.lock.yaml", "recipes/own/good.lock.yaml"):
        assert cli("show", f"+recipe={asked}").code == 2, asked


@pytest.mark.process
def test_checking_imports_no_heavy_library(workspace: Path) -> None:
    (workspace / "recipes").mkdir()
    recipe = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
    (workspace / "recipes" / "good.yaml").write_text(recipe)
    lock = {**VALUES, "parts": {"model": {"kind": "scratch", "name": "gpt2", "files": {}}}}
    (workspace / "recipes" / "good.lock.yaml").write_text(Lock.model_validate(lock).text())
    code = (
        "import sys; from runner.cli import main; code = main(['lock', '--check']);"
        "print(code, {'torch', 'transformers', 'mlflow'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("1 set()\n"), done.stdout
