"""Several at once on one folder, and kills between: every point is done, and none twice."""

import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import TextIO

import pytest
from mlflow import MlflowClient

from runner.cli import main
from runner.tracking.attempts import TAG
from tests.checkpoints import classifier

RECIPE = """\
task: text-classification
source: {kind: local, path: weights}
evaluation: {inputs: [fine], views: [native], expect: [{column: label, regex: NEGATIVE|POSITIVE}]}
tracking: {register_as: mine}
"""
SWEEP = ("-m", "+recipe=case.yaml", "dtype=float32,bfloat16", "out=o", "--output", "json")
SINGLE = ("+recipe=case.yaml", "dtype=bfloat16", "out=o", "--output", "json")

KILLS = 30
MOMENTS = 300
"""Of the thousand that a whole sweep has: most sweeps are killed several times."""
CHANGES = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.link", "os.truncate", "os.chmod"}


@pytest.fixture
def folder(workspace: Path) -> Path:
    """A recipe beside its weights."""
    classifier(workspace / "weights")
    (workspace / "case.yaml").write_text(RECIPE)
    return workspace


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "mlflow.transformers", "runner.work.run"])
"""Each process is forked from one with the libraries imported, which takes seconds."""


@dataclass(frozen=True)
class Started:
    """A command that runs in a process group of its own.

    Args:
        process: Its process.
        told: What it says on stderr.
    """

    process: ForkServerProcess
    told: TextIO

    def end(self) -> str:
        """Wait for its end; gives the rest of what it said."""
        with self.told:
            rest = self.told.read()
        self.process.join()
        return rest


def start(folder: Path, *arguments: str, last: int = 0) -> Started:
    """Start the command line.

    Args:
        folder: Working directory.
        arguments: Its arguments.
        last: Of the moments that it does something to files there, the one at which it is killed.
    """
    told = Path(tempfile.mkdtemp(dir=folder)) / "told"
    os.mkfifo(told)
    process = _FORKS.Process(target=_work, args=(folder, arguments, told, last))
    process.start()
    return Started(process, told.open())


def _work(folder: Path, arguments: tuple[str, ...], told: Path, last: int) -> None:
    os.setsid()
    os.chdir(folder)
    left = last

    def count(event: str, values: tuple[object, ...]) -> None:
        nonlocal left
        if event in CHANGES or event == "open" and str(values[0]).startswith(str(folder)):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    with open(os.devnull, "w") as sys.stdout, told.open("w", buffering=1) as sys.stderr:
        code = main(list(arguments))
    sys.exit(code)


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
    all_started = [start(folder, *asked) for asked in (SWEEP, SWEEP, SINGLE)]
    ended = [started.end() for started in all_started]
    assert [started.process.exitcode for started in all_started] == [0, 0, 0], ended
    assert_done_once(folder)


def test_thirty_kills_lose_no_point_and_double_none(folder: Path) -> None:
    drawn, kills, rounds = random.Random(0), 0, 0
    while kills < KILLS:
        place, rounds, code = folder / str(rounds), rounds + 1, None
        place.mkdir()
        (place / "weights").symlink_to(folder / "weights")
        (place / "case.yaml").write_text(RECIPE)
        while code != 0:
            last = drawn.randint(1, MOMENTS) if kills < KILLS else 0
            started = start(place, *SWEEP, last=last)
            told, code = started.end(), started.process.exitcode
            assert code in (0, -signal.SIGKILL), told
            kills += code != 0
        assert_done_once(place)
    assert rounds < KILLS / 2, "most sweeps were killed more than once"
