"""`verify`: a model that was changed since its run is known by its files."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest

from runner.packaging.checksums import checksums_of
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
POINT = Path("outputs/mine/default")
RECIPE = """\
task: text-generation
source: {kind: scratch, architecture: gpt2}
evaluation: {views: []}
tracking: {register_as: mine}
"""


@pytest.fixture
def point(cli: Cli, workspace: Path) -> Path:
    """A run, logged and registered."""
    (workspace / "mine.yaml").write_text(RECIPE)
    assert cli("+recipe=mine.yaml", "tracking.uri=sqlite:///mlflow.db").code == 0
    return workspace / POINT


def test_what_was_changed_since_the_run_is_named(cli: Cli, point: Path) -> None:
    model = point / "model"
    record = json.loads((point / "record.json").read_text())
    assert record["checksums"] == checksums_of(model)
    for target in (POINT, POINT / "record.json", POINT / "model"):
        done = cli("verify", str(target))
        assert done.code == 0, done.stderr
        assert f"{len(record['checksums'])} files as they were" in done.stdout

    registered = cli("verify", "models:/mine/1", "--record", str(point / "record.json"))
    assert registered.code == 0, registered.stdout + registered.stderr
    stored = Path(mlflow.artifacts.download_artifacts("models:/mine/1", dst_path="copy"))
    mlmodel = stored / "MLmodel"
    mlmodel.write_text(mlmodel.read_text().replace("batch_tokens: auto", "batch_tokens: 1"))
    done = cli("verify", str(stored), "--record", str(point / "record.json"))
    assert (done.code, done.stdout) == (1, f"{stored}/MLmodel: changed\n")

    moved = Path("elsewhere")
    shutil.copytree(point, moved)
    (moved / "model" / "code" / "__pycache__").mkdir()
    (moved / "model" / "code" / "__pycache__" / "a.pyc").write_text("compiled")
    assert cli("verify", "elsewhere").code == 0
    with (moved / "model" / "model" / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, 2)
        last = weights.read(1)
        weights.seek(-1, 2)
        weights.write(bytes([last[0] ^ 1]))
    (moved / "model" / "requirements.txt").unlink()
    (moved / "model" / "link").symlink_to("/etc")
    done = cli("verify", "elsewhere", "--output", "json")
    assert done.code == 1
    assert done.document["changed"] == {
        "link": "added", "model/model.safetensors": "changed", "requirements.txt": "gone",
    }  # fmt: skip


def test_a_model_without_a_record_cannot_be_verified(cli: Cli, point: Path) -> None:
    record = json.loads((point / "record.json").read_text())
    del record["checksums"]
    Path("old.json").write_text(json.dumps(record))
    done = cli("verify", str(POINT / "model"), "--record", "old.json")
    assert (done.code, "old.json has no checksums" in done.stderr) == (3, True)
    (point / "record.json").unlink()
    done = cli("verify", str(POINT / "model"))
    assert (done.code, "is no record of a run" in done.stderr) == (3, True)
