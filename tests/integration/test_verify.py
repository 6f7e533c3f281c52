"""`verify`: a model that was changed since its run is known by its files."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest

from runner.cli import main
from runner.packaging.checksums import checksums_of
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
RECIPE = """\
task: text-generation
source: {kind: scratch, architecture: gpt2}
evaluation: {views: []}
tracking: {register_as: mine}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, logged and registered."""
    folder, before = tmp_path_factory.mktemp("made"), Path.cwd()
    (folder / "mine.yaml").write_text(RECIPE)
    os.chdir(folder)
    try:
        assert main(["+recipe=mine.yaml", "tracking.uri=sqlite:///mlflow.db"]) == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def point(made: Path, workspace: Path) -> Path:
    """A copy of what the run left."""
    return Path(shutil.copytree(made / "outputs" / "mine" / "default", workspace / "point"))


def test_a_model_is_known_by_the_folder_of_its_run_its_record_and_its_own(
    cli: Cli, point: Path
) -> None:
    record = json.loads((point / "record.json").read_text())
    assert record["checksums"] == checksums_of(point / "model")
    (point / "model" / "code" / "__pycache__").mkdir()
    (point / "model" / "code" / "__pycache__" / "a.pyc").write_text("compiled")
    for target in ("point", "point/record.json", "point/model"):
        done = cli("verify", target)
        assert done.code == 0, done.stderr
        assert f"{len(record['checksums'])} files as they were when it was made" in done.stdout


def test_what_was_changed_since_the_run_is_named(cli: Cli, point: Path) -> None:
    with (point / "model" / "model" / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, 2)
        (last,) = weights.read(1)
        weights.seek(-1, 2)
        weights.write(bytes([last ^ 1]))
    (point / "model" / "requirements.txt").unlink()
    (point / "model" / "link").symlink_to("/etc")
    done = cli("verify", "point", "--output", "json")
    assert done.code == 1
    assert done.document["changed"] == {
        "link": "added", "model/model.safetensors": "changed", "requirements.txt": "gone",
    }  # fmt: skip


def test_what_mlflow_adds_to_a_logged_model_is_no_change(cli: Cli, made: Path, point: Path) -> None:
    server = f"sqlite:///{made}/mlflow.db"
    record = ("--record", "point/record.json", "--tracking-uri", server)
    done = cli("verify", "models:/mine/1", *record)
    assert done.code == 0, done.stdout + done.stderr
    mlflow.set_tracking_uri(server)
    stored = Path(mlflow.artifacts.download_artifacts("models:/mine/1", dst_path="copy"))
    mlmodel = stored / "MLmodel"
    mlmodel.write_text(mlmodel.read_text().replace("batch_tokens: auto", "batch_tokens: 1"))
    done = cli("verify", str(stored), *record)
    assert (done.code, done.stdout) == (1, f"{stored}/MLmodel: changed\n")


def test_a_model_without_a_record_cannot_be_verified(cli: Cli, point: Path) -> None:
    record = json.loads((point / "record.json").read_text())
    del record["checksums"]
    Path("old.json").write_text(json.dumps(record))
    done = cli("verify", "point/model", "--record", "old.json")
    assert (done.code, "old.json has no checksums" in done.stderr) == (3, True)
    (point / "record.json").unlink()
    done = cli("verify", "point/model")
    assert (done.code, "is no record of a run" in done.stderr) == (3, True)
