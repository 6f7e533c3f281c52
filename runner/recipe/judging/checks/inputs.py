"""Examples and evaluation inputs are in the form the task takes, and their files are there."""

from collections.abc import Iterator
from pathlib import Path

from runner.findings import Finding, Loc
from runner.machine.ffmpeg import REMEDY, has_ffmpeg
from runner.recipe.judging.checks import Subject
from runner.tasks import Column
from runner.tasks.forms import example_rows, form_of, input_problem
from runner.tasks.media import MEDIA, Media

_TEXT = frozenset(range(9, 14)) | frozenset(range(32, 127))
_HEAD = 64


def check(subject: Subject) -> Iterator[Finding]:
    """Find inputs that the task could only refuse at predict."""
    recipe, task = subject.recipe, subject.task
    given: dict[Loc, object] = {
        ("evaluation", "inputs", number): value
        for number, value in enumerate(recipe.evaluation.inputs)
    }
    if recipe.input_example is not None:
        rows = example_rows(task, recipe.input_example)
        single = len(rows) == 1
        given |= {
            ("input_example",) if single else ("input_example", number): row
            for number, row in enumerate(rows)
        }
    if not given and subject.recipe.views and (problem := input_problem(task, task.example)):
        message = f"The task's own example {problem}, as the signature has it."
        yield Finding("bad-input", message, "Write an `input_example`.", ("signature",))
    for loc, value in given.items():
        if problem := input_problem(task, value):
            message = f"`{'.'.join(map(str, loc))}` {problem}."
            remedy = "" if form_of(task) in problem else f"Write {form_of(task)}."
            yield Finding("bad-input", message, remedy, loc)
        else:
            yield from _check_files(subject, value, loc)
    if "audio" in task.media and not has_ffmpeg():
        message = f"{task.name} decodes audio with ffmpeg, and there is none."
        yield Finding("ffmpeg-missing", message, REMEDY, ("task",))


def _media(subject: Subject) -> dict[str, Media]:
    """Give what the files of each input column hold; an array is made from audio."""
    inputs = subject.task.inputs
    columns: dict[str, Media] = {
        e.name: e.media for e in inputs if isinstance(e, Column) and e.media
    }
    return columns if columns or not subject.task.input_types else {inputs[0].name: "audio"}


def _check_files(subject: Subject, value: object, loc: Loc) -> Iterator[Finding]:
    for column, media in _media(subject).items():
        given = value.get(column) if isinstance(value, dict) else value
        if not isinstance(given, str) or "://" in given:
            continue
        here = (*loc, column) if column else loc
        what = MEDIA[media].words
        file = subject.folder_of(here) / given
        if not file.is_file():
            message = f"{file} does not exist."
            yield Finding("input-missing", message, f"Name the file of {what}.", here)
        elif _holds_text(file):
            message = f"{file} is {'empty' if not file.stat().st_size else 'text'}, not {what}."
            yield Finding("bad-input", message, f"Name the file of {what}.", here)


def _holds_text(file: Path) -> bool:
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
    return all(byte in _TEXT for byte in head)
