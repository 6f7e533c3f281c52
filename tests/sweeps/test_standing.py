"""How a sweep stands, told from the records of its points whoever runs them."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import Exit
from runner.files.locked import holding
from runner.recipe.compose import compose_all
from runner.records import Failure, RunRecord, Verdict, read_record
from runner.sweeps.keeping import SweepJournal, keep
from runner.sweeps.points import points
from runner.sweeps.record import read_sweep
from runner.work.workplace import LOCK_FILE
from tests import forked
from tests.command import start_alone
from tests.conftest import REPOSITORY, Outcome

Cli = Callable[..., Outcome]
SCRATCH = "+recipe=text-generation/scratch"
DTYPES = ("float32", "float16", "bfloat16", "auto")
SWEEP = ("-m", SCRATCH, f"dtype={','.join(DTYPES)}")


def begun() -> SweepJournal:
    asked = points(compose_all([SCRATCH, f"dtype={dtype}"] for dtype in DTYPES), sweep=True)
    kept = keep(asked, launcher="submitit")
    kept.submitted({str(point.folder.absolute()): "local:0" for point in asked[:2]})
    return kept


def left(kept: SweepJournal, number: int, digest: str = "", **said: object) -> None:
    """Leave a record in a point's folder."""
    point = kept.record.points[number]
    record = RunRecord(recipe="a", point="b", digest=digest or point.digest)
    folder = kept.file.parent / point.folder
    folder.mkdir(parents=True, exist_ok=True)
    record.model_copy(update=said).write(folder)


def test_each_point_stands_as_its_own_record_says(cli: Cli) -> None:
    kept = begun()
    left(kept, 0, verdict=Verdict.FAILED)
    left(kept, 1, failure=Failure(step="load", code="source-failed", message="gone"))
    left(kept, 2, failure=Failure(step="load", code="unfinished", message="at work"))
    left(kept, 3, digest="of another recipe", verdict=Verdict.PASSED)
    with holding(kept.folders[2] / LOCK_FILE):
        done = cli(*SWEEP, "--status", "--output", "json")
    told = [(one["status"], one["exit"]) for one in done.document["points"]]
    assert told == [("done", 1), ("stopped", None), ("running", None), ("waiting", None)]
    assert done.document["points"][1]["error"] == {"code": "source-failed", "message": "gone"}
    assert done.code == Exit.GATE_FAILED
    text = cli(*SWEEP, "--status").stdout
    assert "float16   stopped  local:0  source-failed" in text
    assert text.endswith("1 done, 2 stopped, 1 waiting\n"), "nobody works in the third any more"


def test_a_sweep_that_is_stopped_says_at_which_point_and_how(cli: Cli, workspace: Path) -> None:
    asked = (*SWEEP[:2], "dtype=float32,float16", "tracking.uri=null")
    around = workspace / "multirun/text-generation/scratch"
    first, second = (around / f"dtype={dtype}" for dtype in ("float32", "float16"))
    for number, word in ((signal.SIGTERM, "terminated"), (signal.SIGINT, "interrupted")):
        started = start_alone(workspace, *asked)
        while _code(second) != "unfinished":
            time.sleep(0.002)
        os.kill(started.pid, number)
        ended = started.end()
        assert ended.code == 128 + number, ended.stderr
        assert (_code(first), _code(second)) == ("", word)
        swept = read_sweep(around / "sweep.json")
        assert swept
        told = [(p.status, p.exit, p.error.get("code")) for p in swept.points]
        assert told == [("done", 0, None), ("stopped", None, word)]
        told = cli(*asked, "--status").stdout
        assert f"float16  stopped       {word}" in told
        assert told.endswith("1 done, 1 stopped\n")


JOBS = """\
recipe: text-generation/scratch
over: {dtype: [float32]}
launcher: {kind: submitit}
"""


@pytest.mark.slow
def test_jobs_go_on_when_the_shell_that_began_them_is_gone_and_end_when_they_are_cancelled(
    cli: Cli, workspace: Path
) -> None:
    (workspace / "sweeps").mkdir()
    (workspace / "sweeps/jobs.yaml").write_text(JOBS)
    for out, status in (("goes-on", "done"), ("cancelled", "waiting")):
        asked = ("-m", "+sweep=jobs", "tracking.uri=null", "evaluation.views=[native]")
        asked += ("launcher.options.cluster=local", f"out={out}")
        started = start_alone(workspace, *asked)
        while not (job := _job(workspace / out / "text-generation/scratch/jobs.sweep.json")):
            assert _alive(started.pid), started.end().stderr
            time.sleep(0.05)
        os.kill(started.pid, signal.SIGKILL)
        assert started.end().code == -signal.SIGKILL
        assert _alive(job)
        if status == "waiting":
            assert cli(*asked, "--cancel").code == 0
        while _alive(job):
            time.sleep(0.05)
        told = cli(*asked, "--status", "--output", "json")
        assert (told.code, told.document["points"][0]["status"]) == (0, status)


_LOGGING = """
import logging
from pathlib import Path
from runner.sweeps.launching.on_submitit import cancel
theirs = logging.getLogger("theirs")
theirs.addHandler(logging.FileHandler("own.log", mode="w"))
cancel([], Path())
theirs.warning("told")
"""


def test_what_asks_submitit_logs_as_before(workspace: Path) -> None:
    done = forked.start(_LOGGING, workspace, path=[str(REPOSITORY)]).end()
    assert done.code == 0, done.stderr
    assert (workspace / "own.log").read_text() == "told\n"


def _job(file: Path) -> int:
    """Give the process of the only job that a sweep says it has begun; 0 before."""
    jobs = json.loads(file.read_text()).get("jobs") if file.exists() else None
    return int(next(iter(jobs.values())).removeprefix("local:")) if jobs else 0


def _alive(number: int) -> bool:
    file = Path(f"/proc/{number}/stat")
    return file.exists() and file.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def _code(folder: Path) -> str | None:
    """Give what ended a point early; nothing of one that is done, None without a record."""
    found = read_record(folder)
    return found and (found.failure.code if found.failure else "")


def test_a_sweep_that_never_ran_and_one_without_jobs_are_told(cli: Cli, workspace: Path) -> None:
    assert "There is no sweep in" in cli(*SWEEP, "--status").stderr
    asked = points(compose_all([SCRATCH, f"dtype={dtype}"] for dtype in DTYPES), sweep=True)
    keep(asked)
    done = cli(*SWEEP, "--cancel")
    assert done.code == Exit.WRONG_INPUT
    assert "no jobs on a cluster" in done.stderr


@pytest.mark.parametrize("option", ["--status", "--cancel"])
def test_how_a_sweep_stands_is_not_asked_of_one_run_which_does_not_run(
    cli: Cli, workspace: Path, option: str
) -> None:
    done = cli(SCRATCH, option)
    assert done.code == Exit.WRONG_INPUT
    assert f"error[no-sweep] {option} is of a sweep, and this is one run. Add -m" in done.stderr
    assert not (workspace / "outputs").exists()
