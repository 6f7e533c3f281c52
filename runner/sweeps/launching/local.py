"""Processes of this machine: never more at once than workers, and than memory fits."""

import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import runner
from runner.files.temporary import temporary_folder
from runner.sweeps.launching.batches import Batch, Ended, lost
from runner.sweeps.launching.worker import ENDED, STARTED
from runner.sweeps.points import Point

_TRIES = 2
"""A point whose process is lost is begun once more; what has ended in the process stays so."""
_GRACE = 30
"""Seconds that a process has to finish its record once it is told to end."""


@dataclass
class Running:
    """A process with its batch.

    Args:
        batch: The batch.
        process: The process.
        ended: Folders of the points that have ended in it.
        current: Folder of the point that runs in it.
    """

    batch: Batch
    process: subprocess.Popen[str]
    ended: set[str] = field(default_factory=set[str])
    current: str = ""

    @property
    def left(self) -> tuple[Point, ...]:
        """The points that have not ended."""
        return tuple(p for p in self.batch.points if str(p.folder.absolute()) not in self.ended)

    @property
    def tries(self) -> int:
        """How often the point that runs was begun: a process that ended others begins anew."""
        return 1 if self.ended else self.batch.tries


def run_in_processes(
    batches: Sequence[Batch],
    workers: int,
    memory: int | None,
    started: Callable[[str], None],
    ended: Callable[[Ended], None],
) -> None:
    """Run batches in processes of their own.

    Args:
        batches: The batches.
        workers: How many processes there are at once, at most.
        memory: Bytes that all of them may take together; None for no bound.
        started: Told of each point before it runs, by its folder.
        ended: Told how each point ended.
    """
    waiting = list(batches)
    running: list[Running] = []
    lines: queue.Queue[tuple[Running, str]] = queue.Queue()
    with temporary_folder("sweep") as folder:
        try:
            while waiting or running:
                while batch := fitting(waiting, running, workers, memory):
                    waiting.remove(batch)
                    running.append(_begin(batch, folder, workers, lines))
                one, line = lines.get()
                if line.startswith(STARTED):
                    one.current = line.removeprefix(STARTED).strip()
                    started(one.current)
                elif line.startswith(ENDED):
                    told = Ended.model_validate_json(line.removeprefix(ENDED).strip())
                    one.ended.add(told.folder)
                    ended(told)
                elif not line:
                    running.remove(one)
                    waiting += _after(one, ended)
        finally:
            _end(running)


def search_path() -> str:
    """Give where a process that this one begins finds the runner, wherever it works."""
    own = str(Path(runner.__file__).parents[1])
    return os.pathsep.join(filter(None, (own, os.environ.get("PYTHONPATH", ""))))


def fitting(
    waiting: Sequence[Batch], running: Sequence[Running], workers: int, memory: int | None
) -> Batch | None:
    """Give the first batch that there is a worker and the memory for.

    Args:
        waiting: The batches that wait.
        running: The processes there are.
        workers: How many there may be.
        memory: Bytes that all of them may take together; None for no bound.
    """
    if len(running) >= workers:
        return None
    taken = sum(one.batch.memory for one in running)
    free = None if memory is None else memory - taken
    return next((one for one in waiting if free is None or one.memory <= free), None)


def _begin(
    batch: Batch, folder: Path, workers: int, lines: "queue.Queue[tuple[Running, str]]"
) -> Running:
    handle, name = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "wb") as file:
        pickle.dump(batch, file)
    cores = max(1, (os.cpu_count() or 1) // workers)
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "runner.sweeps.launching.worker", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"OMP_NUM_THREADS": str(cores), **os.environ, "PYTHONPATH": search_path()},
    )
    one = Running(replace(batch, tries=batch.tries + 1), process)
    threading.Thread(target=_listen, args=(one, lines), daemon=True).start()
    return one


def _listen(one: Running, lines: "queue.Queue[tuple[Running, str]]") -> None:
    """Pass on what a process tells; nothing more once it has ended."""
    if one.process.stdout:
        for line in one.process.stdout:
            lines.put((one, line))
    one.process.wait()
    lines.put((one, ""))


def _after(one: Running, ended: Callable[[Ended], None]) -> list[Batch]:
    """Give what is to be begun once more after a process has ended, and tell of what is not."""
    left = one.left
    if not left:
        return []
    if one.tries < _TRIES:
        return [replace(one.batch, points=left, tries=one.tries)]
    code = one.process.returncode
    why = f"signal {-code} ended it" if code < 0 else f"it ended with code {code}"
    at_fault = [p for p in left if str(p.folder.absolute()) == one.current] or left
    for told in lost(at_fault, why):
        ended(told)
    rest = tuple(point for point in left if point not in at_fault)
    return [replace(one.batch, points=rest, tries=0)] if rest else []


def _end(running: Sequence[Running]) -> None:
    """End processes, each with its record."""
    for one in running:
        one.process.terminate()
    for one in running:
        try:
            one.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            one.process.kill()
            one.process.wait()
