"""Recordings in compressed formats can be decoded."""

from collections.abc import Iterator

from runner.doctor.diagnosis import Needs, Result, Status
from runner.machine.ffmpeg import REMEDY, find_ffmpeg, has_ffmpeg
from runner.tasks import find_task
from runner.tasks.base import Column


def check(needs: Needs) -> Iterator[Result]:
    """Look for ffmpeg where a recipe hears."""
    if not any(_hears(str(recipe.values.get("task"))) for recipe in needs.recipes):
        yield Result(Status.UNNEEDED, "no recipe takes recordings")
    elif has_ffmpeg():
        yield Result(Status.OK, find_ffmpeg())
    else:
        yield Result(Status.WARNING, "there is no ffmpeg: only WAV can be read", REMEDY)


def _hears(task_name: str) -> bool:
    task = find_task(task_name)
    return task is not None and any(
        isinstance(column, Column) and column.media == "audio" for column in task.inputs
    )
