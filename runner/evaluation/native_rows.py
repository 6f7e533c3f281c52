"""Rows as pipelines take them: recordings alone as bytes, and no structure as JSON text."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from runner.pyfunc.media import image_of, video_file
from runner.tasks import Column, Task
from runner.tasks.forms import structured
from runner.upstream.transformers_source import accepted_arguments


@contextmanager
def as_pipelines_take(task: Task, row: Any, number: int) -> Generator[Any]:
    """Give a row with its JSON text read, its bytes as images, or in files while they are read.

    Args:
        task: The task.
        row: The row, as a model takes it.
        number: Its number, for errors.

    Raises:
        BadRequest: Bytes are no image or video.
    """
    media = {c.name: c.media for c in task.inputs if isinstance(c, Column) and c.media}
    with ExitStack() as files:
        if isinstance(row, dict):
            read = {k: structured(v) if k in task.json_columns else v for k, v in row.items()}
            yield {k: _as_taken(files, media.get(k, ""), v, number) for k, v in read.items()}
        else:
            yield _as_taken(files, media.get("", ""), row, number)


def _as_taken(files: ExitStack, medium: str, value: Any, number: int) -> Any:
    if not isinstance(value, bytes):
        return value
    match medium:
        case "image":
            return image_of(value, number)
        case "video":
            return files.enter_context(video_file(value, number))
        case _:
            return value


def of_requests(task: Task) -> set[str]:
    """Give what a row may say beside its input, by names that are not those of the pipeline.

    Args:
        task: The task.
    """
    return {*_optional(task)} - accepted_arguments(task.pipeline_task)


def unheard_columns(task: Task, row: Any) -> Iterator[str]:
    """Give the columns of an input that do not reach the pipeline.

    Args:
        task: The task.
        row: The input.
    """
    if not isinstance(row, dict):
        return
    for name in _optional(task):
        if row.get(name) is not None:
            rest = {k: v for k, v in row.items() if k != name}
            if repr(task.call(rest)) == repr(task.call(row)):
                yield name


def _optional(task: Task) -> list[str]:
    return [c.name for c in task.inputs if isinstance(c, Column) and not c.required]
