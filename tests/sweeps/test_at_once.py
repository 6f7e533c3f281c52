"""Several at once on one folder, and kills between: every point is done, and none twice."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from runner.tracking.attempts import TAG
from tests.checkpoints import classifier
from tests.conftest import REPOSITORY

RECIPE = """\
task: text-classification
source: {kind: local, path: weights}
evaluation: {inputs: [fine], views: [native], expect: [{column: label, regex: NEGATIVE|POSITIVE}]}
tracking: {register_as: mine}
"""
SWEEP = ("-m", "+recipe=case.yaml", "dtype=float32,bfloat16", "out=o", "--output", "json")
SINGLE = ("+recipe=case.yaml", "dtype=bfloat16", "out=o", "--output", "json")


@pytest.fixture
def folder(workspace: Path) -> Path:
    """A recipe beside its weights."""
    classifier(workspace / "weights")
    (workspace / "case.yaml").write_text(RECIPE)
    return workspace


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start the command line in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def assert_done_once(folder: Path) -> None:
    """Every point is done, logged and registered once, and nothing half-made is left."""
    records = [json.loads(file.read_text()) for file in folder.glob("o/case/*/record.json")]
    assert len(records) == 2
    assert {(record["verdict"], record["failure"]) for record in records} == {("passed", None)}
    uri = f"sqlite:///{folder}/mlflow.db"
    client = MlflowClient(uri, uri)
    (experiment,) = [e for e in client.search_experiments() if e.name == "recipes"]
    found = client.search_runs([experiment.experiment_id], max_results=500)
    runs = [run for run in found if TAG in run.data.tags]  # those of points, not of sweeps
    finished = [run.info.run_id for run in runs if run.info.status == "FINISHED"]
    assert sorted(finished) == sorted(record["tracking"]["run_id"] for record in records)
    assert {run.info.status for run in runs} <= {"FINISHED", "KILLED", "FAILED"}
    versions = client.search_model_versions("name = 'mine'")
    assert sorted(version.run_id for version in versions) == sorted(finished)
    hidden = {path.name for path in (folder / "o").rglob(".*")} - {
        ".store",
        ".entry.json",
        ".mlflow.json",
    }
    assert hidden == set(), "something half-made or locked"
    assert len(list((folder / "o/.store/weights").iterdir())) == 2


def test_two_sweeps_and_a_single_run_at_once_do_each_point_once(folder: Path) -> None:
    processes = [start(folder, *asked) for asked in (SWEEP, SWEEP, SINGLE)]
    ended = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], ended
    assert_done_once(folder)


def test_kills_lose_no_point_and_double_none(folder: Path) -> None:
    for lines in (2, 6, 8):  # of what it says of its steps
        process = start(folder, *SWEEP)
        assert process.stderr is not None
        assert all(process.stderr.readline() for _ in range(lines))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    process = start(folder, *SWEEP)
    told = process.communicate()
    assert process.returncode == 0, told
    assert_done_once(folder)
