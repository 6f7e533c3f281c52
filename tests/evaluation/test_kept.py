"""What is kept of an evaluation: answers under keys that tell apart whatever may differ."""

import itertools
import os
import sqlite3
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from runner.errors import StorageError
from runner.evaluation.beside import beside
from runner.evaluation.identity import model_key, row_key
from runner.evaluation.predictions import batches, open_predictions

MLMODEL = """\
flavors:
  python_function: {config: {max_new_tokens: 4}, loader_module: x, env: {}}
metadata: {inference: '1', recipe: a, recipe_digest: b}
model_uuid: 0123456789abcdef0123456789abcdef
"""


@pytest.fixture
def model(workspace: Path) -> Path:
    """A folder as MLflow's, with weights large enough for their hash to be kept."""
    folder = workspace / "model"
    (folder / "code" / "__pycache__").mkdir(parents=True)
    (folder / "MLmodel").write_text(MLMODEL)
    (folder / "weights.bin").write_bytes(bytes(2**16))
    (folder / "config.json").write_text("{}")
    return folder


def key(model: Path, **asked: Any) -> bytes:
    with open_predictions(model.parent / "kept.sqlite") as predictions:
        return model_key(model, asked, predictions)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("MLmodel", "max_new_tokens: 4", "max_new_tokens: 5"),
        ("MLmodel", "inference: '1'", "inference: '2'"),
        ("MLmodel", "model_uuid", 'signature: {outputs: \'[{"type": "string"}]\'}\nmodel_uuid'),
        ("config.json", "{}", "{ }"),
        ("config.json.bak", "", "new"),
    ],
)
def test_an_answer_of_a_model_that_was_changed_is_not_taken(
    model: Path, file: str, old: str, new: str
) -> None:
    before = key(model)
    path = model / file
    path.write_text((path.read_text() if path.exists() else "").replace(old, new, 1))
    assert key(model) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("MLmodel", "recipe: a", "recipe: another"),
        ("MLmodel", "recipe_digest: b, ", ""),
        ("MLmodel", "model_uuid: 0", "model_uuid: 1"),
        ("README.md", "", "words"),
        ("code/__pycache__/a.pyc", "", "compiled"),
    ],
)
def test_what_no_answer_depends_on_changes_nothing(
    model: Path, file: str, old: str, new: str
) -> None:
    before = key(model)
    path = model / file
    path.write_text((path.read_text() if path.exists() else "").replace(old, new, 1))
    assert key(model) == before


def test_what_a_model_is_asked_for_is_part_of_its_key(model: Path) -> None:
    assert len({key(model), key(model, seed=0), key(model, seed=1), key(model, view=0)}) == 4
    assert key(model, a=1, b=2) == key(model, b=2, a=1)


def test_large_files_are_read_once_until_they_change(model: Path) -> None:
    weights = model / "weights.bin"
    before, times = key(model), weights.stat()
    weights.write_bytes(b"\1" * 2**16)  # as long as before, and put back in time
    os.utime(weights, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert key(model) == before
    os.utime(weights, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    assert key(model) != before
    small = model / "config.json"
    kept, times = key(model), small.stat()
    small.write_text("[]")
    os.utime(small, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert key(model) != kept


def test_rows_that_differ_have_other_keys(workspace: Path) -> None:
    for name, content in (("one", b"a"), ("other", b"b")):
        (workspace / name).write_bytes(content)
    rows = [
        "1", 1, 1.0, True, None, b"1", [], [1], [[1]], [1, 2], [[1], 2], {}, [{}], {"a": 1},
        {"a": {"b": 1}, "c": 2}, {"a": {"b": 1, "c": 2}}, {"a": 1, "b": 2}, {"a": [1, {"b": 2}]},
        {"a": [1], "b": 2}, {"b": 1}, np.zeros(2), np.zeros(2, np.float32), np.zeros((1, 2)),
        np.ones(2), workspace / "one", workspace / "other", "\ud800",
    ]  # fmt: skip
    for one, other in itertools.combinations(rows, 2):
        assert row_key(b"model", one) != row_key(b"model", other), (one, other)
    assert row_key(b"model", "a") != row_key(b"another", "a")


def test_a_row_keeps_its_key_however_its_fields_are_ordered_and_its_file_is_called(
    workspace: Path,
) -> None:
    assert row_key(b"", {"a": 1, "b": 2}) == row_key(b"", {"b": 2, "a": 1})
    (workspace / "one").write_bytes(b"a")
    (workspace / "same").write_bytes(b"a")
    assert row_key(b"", workspace / "one") == row_key(b"", workspace / "same")


def test_answers_are_kept_until_another_is_kept_in_their_place(workspace: Path) -> None:
    keys = [number.to_bytes(2, "big") for number in range(1201)]
    answers: dict[bytes, Any] = {key: {"n": n} for n, key in enumerate(keys)}
    file = workspace / "new" / "folder" / "kept.sqlite"
    with open_predictions(file) as predictions:
        predictions.keep(answers, b"m", 1.5)
        predictions.keep({keys[0]: ["ü"]}, b"m", 0.5)
        predictions.time(b"m", "load", 3.0)
        predictions.time(b"m", "load", 4.0)
    with open_predictions(file) as predictions:
        assert predictions.kept([*keys, b"none"]) == {**answers, keys[0]: ["ü"]}
        assert predictions.kept([]) == {}
        assert predictions.timed(b"m", "batch") == [(1201, 1.5), (1, 0.5)]
        assert predictions.timed(b"m", "load") == [(1, 3.0), (1, 4.0)]
        assert predictions.timed(b"other", "load") == []


def test_a_batch_is_kept_whole_or_not_at_all(workspace: Path) -> None:
    file = workspace / "kept.sqlite"
    with open_predictions(file) as predictions:
        with pytest.raises(sqlite3.IntegrityError):
            predictions.keep({b"one": 1, cast("bytes", None): 2}, b"m", 1.0)
        assert predictions.kept([b"one"]) == {}
        assert predictions.timed(b"m", "batch") == []
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_that_keeps_no_predictions_is_said_to_be_none(workspace: Path) -> None:
    file = workspace / "kept.sqlite"
    file.write_text("no database, but a text that is long enough to be taken for one" * 20)
    said = r"kept\.sqlite, the file of kept predictions"
    with pytest.raises(StorageError, match=said), open_predictions(file):
        pass


@pytest.mark.parametrize(("items", "sizes"), [(0, []), (1, [1]), (4, [2, 2]), (5, [2, 2, 1])])
def test_batches_are_full_but_the_last(items: int, sizes: list[int]) -> None:
    parted = list(batches(iter(range(items)), 2))
    assert [len(batch) for batch in parted] == sizes
    assert [item for batch in parted for item in batch] == list(range(items))


def test_what_a_killed_run_did_not_come_to_measure_is_left_out(
    model: Path, workspace: Path
) -> None:
    with open_predictions(workspace / "kept.sqlite") as predictions:
        assert {*beside(predictions, b"model", 0.95, model)} == {"size_bytes"}
        predictions.time(b"model", "load", 0.5)
        assert {*beside(predictions, b"model", 0.95, model)} == {"size_bytes", "load_seconds"}
