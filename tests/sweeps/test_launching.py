"""Launchers: the same records wherever points run; a killed process costs one point a step."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.errors import Exit, RunnerError, WrongInput
from runner.recipe.compose import compose_all
from runner.recipe.language.sweep import Launcher
from runner.records import RunRecord, Silent, read_record
from runner.sweeps.keeping import keep
from runner.sweeps.launching.batches import Batch, Ended, batches, lost
from runner.sweeps.launching.launch import Launch
from runner.sweeps.launching.local import Running, fitting, run_in_processes
from runner.sweeps.launching.on_submitit import cancel, run_in_jobs
from runner.sweeps.points import Point, points
from runner.sweeps.run_all import How, PointResult, done_before
from tests import forked
from tests.conftest import REPOSITORY
from tests.faults.workers import ADDRESS, address_of, make_door

BROUGHT = "RECIPE_RUNNER_TEST_SERVING"
ASKED = [["dtype=float32"], ["dtype=float32", "params.max_new_tokens=2"], ["dtype=float16"]]
_OPEN = """
import signal
from pathlib import Path
from tests.faults.workers import open_door
try:
    open_door(Path("python"))
finally:
    Path("open").write_text("")
signal.pause()
"""
_WORKER = """
from pathlib import Path
from runner.sweeps.launching.worker import _main
_main(Path("batch"))
"""
FAILING = ["+source.config.n_head=5"]
COMMON = ["+recipe=text-generation/scratch", "tracking.uri=null", "evaluation.views=[native]"]


def asked(out: str, *more: list[str]) -> list[Point]:
    return points(compose_all([*COMMON, *one, f"out={out}"] for one in (*ASKED, *more)), sweep=True)


def launched(
    found: list[Point],
    launcher: Launcher,
    started: Callable[[Point], None] = lambda _: None,
    done: Mapping[str, PointResult] | None = None,
    how: How | None = None,
) -> list[PointResult]:
    return Launch(launcher, how or How(), keep(found), Silent(), started).run(found, done)


def untimed(record: RunRecord | None) -> dict[str, Any]:
    """Give what a record says but times, memory, and the folder it lies in."""
    assert record
    said = record.model_dump(mode="json", exclude={"started", "model", "reports", "files"})
    for step in said["steps"]:
        del step["seconds"], step["peak_memory"]
        step["bytes"] = 0 if step["name"] == "report" else step["bytes"]  # it has the times in it
    for view in (*said["views"], said["source_view"] or {}):
        view.pop("load_seconds", None)
        view.pop("predict_seconds", None)
    return said


@pytest.fixture(scope="module")
def in_one_process(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The records of the points, run one after the other in this process."""
    results = launched(asked(str(tmp_path_factory.mktemp("one"))), Launcher())
    return [untimed(result.record) for result in results]


@pytest.fixture
def forked_workers(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have what is begun as Python forked from a process that has imported the libraries."""
    os.mkfifo("open")
    opened = forked.start(_OPEN, workspace, argv=["door"], path=[str(REPOSITORY)])
    Path("open").read_bytes()
    monkeypatch.setattr("sys.executable", str(make_door(workspace / "python")))
    monkeypatch.setenv(ADDRESS, address_of(opened.pid))
    yield
    os.kill(opened.pid, signal.SIGTERM)
    opened.end()


def children() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(number) for task in tasks for number in task.read_text().split()]


def kill_with_children(number: int) -> None:
    """Kill a process and all that it has begun; submitit's own begins the one that works."""
    os.kill(number, signal.SIGSTOP)
    for file in Path(f"/proc/{number}/task").glob("*/children"):
        for child in file.read_text().split():
            kill_with_children(int(child))
    os.kill(number, signal.SIGKILL)


@pytest.mark.usefixtures("forked_workers")
def test_a_killed_worker_is_begun_once_more_and_all_records_are_as_in_one_process(
    in_one_process: list[dict[str, Any]],
) -> None:
    begun, before = list[str](), {*children()}

    def kill_the_first(point: Point) -> None:
        if not begun:
            for number in {*children()} - before:
                os.kill(number, signal.SIGKILL)
        begun.append(point.name)

    found = asked("workers", FAILING)
    kept = keep(found)
    *results, failed = Launch(Launcher(workers=2), How(), kept, Silent(), kill_the_first).run(found)
    for result, expected in zip(results, in_one_process, strict=True):
        assert untimed(result.record) == expected
    assert len(begun) > len(found)
    assert {*children()} <= before
    assert isinstance(failed.error, RunnerError)
    assert "5 attention heads" in failed.error.message
    assert failed.exit is Exit.OUTSIDE_FAILED
    assert kept.record.ended
    done = done_before(found[:-1], How())
    again = launched(found[:-1], Launcher(workers=2), lambda point: begun.append(point.name), done)
    assert all(result.kept for result in again), "what is done is not launched"


NEVER_ENDS = """\
#!/bin/sh
if mkdir {here}/first 2>/dev/null; then read other < {here}/told; echo 'ended {failed}'
else echo begun > {here}/told; echo >> {here}/others; fi
exec tail -f /dev/null
"""
"""Stands for a worker: the first of two tells that a point failed once the other has begun."""


def test_a_worker_whose_parent_is_gone_ends_without_a_traceback(workspace: Path) -> None:
    os.mkfifo("batch")  # it waits for its points, and nobody is there who would tell it more
    ended = forked.start(_WORKER, workspace, path=[str(REPOSITORY)]).end()
    assert (ended.code, ended.stderr) == (128 + signal.SIGTERM, "")


def test_with_fail_fast_no_process_goes_on_after_a_failure(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, before = asked("x", FAILING), {*children()}
    failed = Ended(
        folder=str(found[0].folder.absolute()),
        code="source-failed",
        message="gone",
        exit=Exit.OUTSIDE_FAILED,
    )
    os.mkfifo(workspace / "told")
    fake = workspace / "python"
    fake.write_text(NEVER_ENDS.format(here=workspace, failed=failed.model_dump_json()))
    fake.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(fake))
    (result,) = launched(found, Launcher(workers=2), how=How(fail_fast=True))
    assert (result.point.name, result.exit) == (found[0].name, Exit.OUTSIDE_FAILED)
    assert {*children()} <= before
    assert (workspace / "others").read_text() == "\n", "the rest waited, and was not begun"


def test_jobs_leave_the_records_of_one_process_and_a_lost_one_is_submitted_once_more(
    in_one_process: list[dict[str, Any]], workspace: Path
) -> None:
    found, told, rounds = asked("jobs"), list[Ended](), list[dict[str, str]]()

    def kill_the_first(jobs: dict[str, str]) -> None:
        if not rounds:
            kill_with_children(int(next(iter(jobs.values())).removeprefix("local:")))
        rounds.append(jobs)

    parts = [replace(batch, memory=10**9) for batch in batches(found, 2, How())]
    run_in_jobs(parts, 2, {"cluster": "local"}, workspace, kill_the_first, told.append)
    assert [len(jobs) for jobs in rounds] == [3, 2]
    assert {one.folder for one in told} == {str(point.folder.absolute()) for point in found}
    assert [untimed(read_record(point.folder)) for point in found] == in_one_process
    cancel([*rounds[0].values(), *rounds[1].values()], workspace)  # nothing is left to cancel


@pytest.mark.brought
@pytest.mark.skipif(BROUGHT not in os.environ, reason="`make test-serving` brings ray for it")
def test_tasks_of_ray_leave_the_records_of_one_process(
    in_one_process: list[dict[str, Any]],
) -> None:
    results = launched(asked("tasks"), Launcher(kind="ray", workers=2))
    assert [untimed(result.record) for result in results] == in_one_process


@pytest.mark.parametrize("kind", ["submitit", "ray"])
def test_a_launcher_that_is_not_installed_is_told_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    monkeypatch.setitem(sys.modules, kind, None)
    with pytest.raises(WrongInput, match=f"{kind} is not installed") as told:
        launched(asked("x"), Launcher(kind=kind))
    assert f"recipe-runner[{kind}]" in told.value.remedy


def test_batches_hold_points_of_the_same_weights_and_give_every_worker_some() -> None:
    one, two, three = asked("x")
    assert [b.points for b in batches([one, two, three], 1, How())] == [(one, two), (three,)]
    assert [b.points for b in batches([one, two], 2, How())] == [(one,), (two,)]


def test_no_more_begin_than_workers_and_memory_allow() -> None:
    point = asked("x")[0]
    large, small = Batch((point,), How(), memory=8), Batch((point,), How(), memory=3)
    running = [Running(replace(small), process=None)]  # pyright: ignore[reportArgumentType]
    assert fitting([large, small], [], workers=2, memory=8) is large
    assert fitting([large, small], running, workers=2, memory=8) is small
    assert fitting([large], running, workers=2, memory=8) is None
    assert fitting([large, small], running, workers=1, memory=None) is None


def test_a_point_larger_than_the_bound_is_refused_before_anything_runs() -> None:
    with pytest.raises(WrongInput, match=r"dtype=float32.* takes up to .*, and the launcher has 1"):
        launched(asked("x"), Launcher(workers=2, memory="1MB"), lambda _: pytest.fail("it ran"))


def test_a_point_that_is_lost_twice_is_told_and_the_others_of_its_process_still_run(
    monkeypatch: pytest.MonkeyPatch, workspace: Path
) -> None:
    one, two, _ = asked("x")
    fake = workspace / "python"
    name = one.folder.absolute()
    other = Ended(folder=str(two.folder.absolute())).model_dump_json()
    fake.write_text(
        "#!/bin/sh\n"
        f"if [ -e {workspace}/second ]; then echo 'ended {other}'; exit; fi\n"
        f"[ -e {workspace}/first ] && touch {workspace}/second; touch {workspace}/first\n"
        f"echo 'started {name}'; kill -9 $$\n"
    )
    fake.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(fake))
    told: list[Ended] = []
    begun: list[str] = []
    run_in_processes([Batch((one, two), How())], 1, None, begun.append, told.append)
    assert begun == [str(name)] * 2
    assert [(t.code, t.exit) for t in told] == [
        ("worker-lost", Exit.OUTSIDE_FAILED), ("", Exit.DONE),
    ]  # fmt: skip
    assert "signal 9 ended it" in told[0].message


def test_what_another_process_tells_of_an_error_is_that_error() -> None:
    point = asked("x")[0]
    (told,) = lost([point], "signal 9 ended it")
    result = Ended.model_validate_json(told.model_dump_json()).result(point)
    assert result.error
    assert (result.error.code, result.exit) == ("worker-lost", Exit.OUTSIDE_FAILED)
    missing = Ended(folder="x").result(point)
    assert missing.error
    assert missing.exit is Exit.OUTSIDE_FAILED
    assert read_record(point.folder) is None
