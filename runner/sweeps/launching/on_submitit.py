"""Jobs of a SLURM cluster, by submitit: they go on when the shell that asked for them is closed."""

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

from runner.errors import first_line
from runner.machine.process import undisturbed
from runner.records import read_record
from runner.sweeps.launching.batches import Batch, Ended, lost
from runner.sweeps.launching.library import needed
from runner.sweeps.launching.worker import work
from runner.sweeps.points import Point

_JOBS = ".jobs"
_POLL = 1.0
"""Seconds between two looks at the jobs."""
_TRIES = 2


def run_in_jobs(
    batches: Sequence[Batch],
    workers: int,
    options: dict[str, Any],
    folder: Path,
    submitted: Callable[[dict[str, str]], None],
    ended: Callable[[Ended], None],
) -> None:
    """Run batches as jobs, and wait for them; whoever stops waiting leaves them running.

    Args:
        batches: The batches.
        workers: How many jobs of them run at once, at most.
        options: Parameters of submitit's executor; ``cluster`` chooses another than is found.
        folder: A folder that this machine and the cluster share, for the jobs' own files.
        submitted: Told of the jobs, by the folders of their points.
        ended: Told how each point ended.
    """
    submitit = _import_submitit()
    given = dict(options)
    executor = submitit.AutoExecutor(folder=folder / _JOBS, cluster=given.pop("cluster", None))
    executor.update_parameters(name="sweep", slurm_array_parallelism=workers, **given)
    waiting = list(batches)
    while waiting:
        jobs = _submit(executor, waiting, submitted)
        waiting = []
        for job in submitit.helpers.as_completed(list(jobs), poll_frequency=_POLL):
            waiting += _after(job, jobs[job], ended)


def _import_submitit() -> Any:
    """Import submitit without the logging that it configures for the whole process."""
    with undisturbed():
        os.environ.setdefault("SUBMITIT_LOG_LEVEL", "NOCONFIG")
        return needed("submitit", "submitit")


def _submit(
    executor: Any, batches: Sequence[Batch], submitted: Callable[[dict[str, str]], None]
) -> dict[Any, Batch]:
    executor.update_parameters(mem_gb=ceil(max(batch.memory for batch in batches) / 2**30))
    with executor.batch():
        jobs = {executor.submit(work, batch): batch for batch in batches}
    cluster = executor.cluster
    submitted({
        str(point.folder.absolute()): f"{cluster}:{job.job_id}"
        for job, batch in jobs.items() for point in batch.points
    })  # fmt: skip
    return jobs


def _after(job: Any, batch: Batch, ended: Callable[[Ended], None]) -> list[Batch]:
    """Tell what came of a job; one that was lost is submitted once more for what is left."""
    error = job.exception()
    if error is None:
        for told in job.result():
            ended(told)
        return []
    left = tuple(point for point in batch.points if not _is_done(point))
    for point in batch.points:
        if point not in left:
            ended(Ended(folder=str(point.folder.absolute())))
    if batch.tries + 1 < _TRIES:
        return [replace(batch, points=left, tries=batch.tries + 1)] if left else []
    for told in lost(left, f"job {job.job_id}: {first_line(error)}"):
        ended(told)
    return []


def _is_done(point: Point) -> bool:
    record = read_record(point.folder)
    same = record is not None and record.digest == point.composed.digest
    return same and record is not None and record.failure is None


def cancel(jobs: Sequence[str], folder: Path) -> None:
    """Cancel jobs; one that has ended is left alone.

    Args:
        jobs: The jobs, as the record of the sweep has them: ``slurm:123``.
        folder: The folder that was given when they were submitted.
    """
    submitit = _import_submitit()
    for cluster, _, number in (job.partition(":") for job in dict.fromkeys(jobs)):
        if cluster == "slurm":
            submitit.SlurmJob(folder=folder / _JOBS, job_id=number).cancel(check=False)
        elif _is_jobs(number):
            os.kill(int(number), signal.SIGINT)


def _is_jobs(number: str) -> bool:
    """Tell whether a process of this machine is a job of submitit's, and no later one's."""
    try:
        return b"submitit" in Path("/proc", number, "cmdline").read_bytes()
    except OSError:
        return False
