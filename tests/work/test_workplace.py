"""The folder of a point: one run at a time, and nothing left behind by a dead one."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runner.cli.console import ConsoleObserver
from runner.errors import FolderInUse
from runner.records import Silent, Step
from runner.work.workplace import working_in
from tests.conftest import REPOSITORY, Outcome

QUIET = "tracking.uri=null"
HOLD = """
import sys
from pathlib import Path
from runner.records import Silent
from runner.work.workplace import working_in
with working_in(Path(sys.argv[1]), Silent()) as workdir:
    (workdir / "half").write_text("made")
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(folder: Path) -> "Iterator[subprocess.Popen[str]]":
    """Have another process work in a folder until its input is closed, or it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_second_run_is_told_who_works_there_and_touches_nothing(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    point = workspace / "outputs/text-generation/scratch/default"
    with held(point) as process:
        before = left_in(point)
        done = cli("+recipe=text-generation/scratch", "tracking.uri=null")
        assert left_in(point) == before
        assert [path.read_text() for path in point.glob(".work-*/half")] == ["made"]
    assert done.code == 3
    assert "error[folder-in-use]" in done.stderr
    assert f"process {process.pid} " in done.stderr
    assert "--wait" in done.stderr


def test_the_dead_hold_nothing_and_what_they_left_goes(workspace: Path) -> None:
    with held(workspace / "point") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(left_in(workspace / "point")) == 2
        with working_in(workspace / "point", Silent()) as workdir:
            assert left_in(workspace / "point") == [".lock", workdir.name]
    assert left_in(workspace / "point") == []


@pytest.mark.parametrize("verb", ["run", "rehearse"])
def test_with_wait_a_verb_works_when_the_other_is_done(
    cli: Callable[..., Outcome], workspace: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    folder = {"run": "default", "rehearse": "default/rehearsal"}[verb]
    with held(workspace / "outputs/text-generation/scratch" / folder) as process:
        assert process.stdin is not None
        end, started = process.stdin.close, ConsoleObserver.step_started

        def step_started(observer: ConsoleObserver, name: str) -> None:
            started(observer, name)
            if name.startswith("wait for"):
                end()

        monkeypatch.setattr(ConsoleObserver, "step_started", step_started)
        done = cli(verb, "+recipe=text-generation/scratch", QUIET, "--wait")
    assert done.code == 0, done.stderr
    assert f"process {process.pid} of" in done.stderr


class Waiting(Silent):
    """Keeps what it was told, and ends what it is told to wait for."""

    def __init__(self, end: Callable[[], None]) -> None:
        self.said: list[str] = []
        self.end = end

    def step_started(self, name: str) -> None:
        self.said.append(name)
        self.end()

    def step_finished(self, step: Step) -> None:
        self.said.append(step.name)


def test_who_waits_works_there_next_and_says_for_whom(workspace: Path) -> None:
    with held(workspace / "point") as process:
        assert process.stdin is not None
        observer = Waiting(process.stdin.close)
        with working_in(workspace / "point", observer, wait=True) as workdir:
            assert left_in(workspace / "point") == [".lock", workdir.name]
            with pytest.raises(FolderInUse), working_in(workspace / "point", Silent()):
                pass
    assert len(observer.said) == 2
    assert f"process {process.pid} of" in observer.said[0]
    assert left_in(workspace / "point") == []


def test_many_at_once_work_one_after_another(workspace: Path) -> None:
    count = workspace / "count"
    count.write_text("0")
    code = (
        "import sys\nfrom pathlib import Path\nfrom runner.records import Silent\n"
        "from runner.work.workplace import working_in\n"
        "for _ in range(40):\n"
        "    with working_in(Path('point'), Silent(), wait=True):\n"
        "        now = int(Path('count').read_text())\n"
        "        Path('count').write_text(str(now + 1))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    run = [sys.executable, "-c", code]
    processes = [subprocess.Popen(run, env=environment, cwd=workspace) for _ in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert count.read_text() == "160"
