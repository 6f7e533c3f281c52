"""A recipe to begin with."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runner.files.disk import failing_as_storage, write_whole
from runner.findings import Finding, RecipeError
from runner.recipe.assessing import assess
from runner.recipe.composing.overrides import COMMAND_LINE
from runner.recipe.labelled_rows import Rows
from runner.recipe.language.json_schema import recipe_schema
from runner.recipe.named_source import block_of, source_named
from runner.recipe.reading.shelf import SUFFIX, open_shelf
from runner.recipe.reading.shipped import shipped
from runner.sources import Source
from runner.tasks import Column, Task, all_tasks, find_task
from runner.text.spelling import did_you_mean

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_SCHEMA = "recipe.schema.json"
_HEADER = f"# yaml-language-server: $schema=../{_SCHEMA}"


@dataclass(frozen=True)
class Scaffolded:
    """What was written.

    Args:
        recipe: The recipe's file.
        schema: The schema that its first line names, for editors.
        schema_written: Whether the schema was written: one that is there stays.
        schema_current: Whether it is that of this version of the runner.
    """

    recipe: Path
    schema: Path
    schema_written: bool
    schema_current: bool


def scaffold(
    task_name: str,
    name: str,
    folder: Path,
    kind: str | None,
    given: Mapping[str, str],
    rows: Rows | None = None,
) -> Scaffolded:
    """Write a recipe.

    Args:
        task_name: Its task.
        name: Its name.
        folder: The folder of recipes.
        kind: Kind of its source; told from the fields where absent.
        given: Fields of its source; those of random weights where there are none.
        rows: What it is measured on; None for nothing.

    Raises:
        RecipeError: The task is not known, the name is none, the source is not to be had, or the
            file is there.
        StorageError: The files cannot be written.
    """
    task = known_task(task_name)
    stem = name.removesuffix(SUFFIX)
    if not _NAME.fullmatch(stem):
        remedy = "Write letters, digits, dots and dashes."
        raise _wrong("unknown-recipe", f"`{name}` is no name for a recipe.", remedy)
    file = folder / folder_of(task_name) / f"{stem}{SUFFIX}"
    block, example = _random(task), _example(task)
    if given or kind not in (None, block["kind"]):
        source = _placed(source_named(kind, given), file.parent)
        block, example = block_of(source), _in_words_of(source, example, task, file.parent)
    text = _text(task, block, example, rows.block(file.parent) if rows else {})
    with failing_as_storage(folder):
        if os.path.lexists(file):
            raise _wrong("file-there", f"{file} is there already.", "Take another name.")
        file.parent.mkdir(parents=True, exist_ok=True)
        made = _with_schema(file, folder / _SCHEMA)
        try:
            write_whole(file, text)  # last: where it is, all is
        except OSError:
            if made.schema_written:
                made.schema.unlink()
            raise
    return made


def known_task(name: str) -> Task:
    """Give the task that the command line names.

    Args:
        name: Its name.

    Raises:
        RecipeError: There is none of that name.
    """
    if task := find_task(name):
        return task
    remedy = did_you_mean(name, all_tasks()) or "`ls` shows the tasks."
    raise _wrong("unknown-task", f"`{name}` is not a task.", remedy)


def folder_of(task_name: str) -> str:
    """Give the name of the folder that recipes of a task lie in.

    Args:
        task_name: The task; those of a protocol have slashes in their names.
    """
    return task_name.replace("/", "-")


def _random(task: Task) -> dict[str, Any]:
    """Give the random weights that the shipped recipe of a task has."""
    name = folder_of(task.name)
    if not (shipped("recipes") / name).is_dir():  # one of the pairs of languages
        name = task.name.partition("_")[0]
    return assess(open_shelf(), f"{name}/scratch", COMMAND_LINE).values["source"]


def _placed(source: Source, folder: Path) -> Source:
    """Give the source as a recipe in a folder names it: a relative path is relative to that.

    Args:
        source: The source as the command line names it, relative to the working directory, or
            already to the folder.
        folder: The folder of the recipe's file.
    """
    findings = list(source.check(Path.cwd()))
    path = source.relative_path
    if findings and path and not list(source.check(folder)):
        return source
    if findings:
        raise RecipeError(finding.at(COMMAND_LINE) for finding in findings)
    return source.with_path(Path(os.path.relpath(path, folder)).as_posix()) if path else source


def _example(task: Task) -> str:
    """Give the task's example as JSON; nothing where it is empty, or a file, which is not there."""
    if not task.example or any(isinstance(entry, Column) and entry.media for entry in task.inputs):
        return ""
    return json.dumps(task.example, ensure_ascii=False)


def _in_words_of(source: Source, example: str, task: Task, folder: Path) -> str:
    """Give an example with the model's own special tokens; nothing where they are not known."""
    for name, written in task.special_tokens.items():
        token = source.special_token(name, folder)
        if not token:
            return ""
        example = example.replace(written, json.dumps(token, ensure_ascii=False)[1:-1])
    return example


def _text(task: Task, block: Mapping[str, Any], example: str, measured: Mapping[str, Any]) -> str:
    source = yaml.safe_dump({"source": dict(block)}, sort_keys=False, allow_unicode=True)
    lines = [_HEADER, 'description: ""', f"task: {task.name}", source.rstrip(), "dtype: auto"]
    if example:
        lines += [f"input_example: {example}"]
    if example or measured:
        lines += ["evaluation:"]
    if example:
        lines += [f"  inputs: [{example}]"]
    lines += [
        f"  {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in measured.items()
    ]
    return "\n".join(lines) + "\n"


def _with_schema(recipe: Path, schema: Path) -> Scaffolded:
    text = json.dumps(recipe_schema(), indent=2, ensure_ascii=False) + "\n"
    if schema.is_file():
        current = schema.read_text(encoding="utf-8", errors="replace") == text
        return Scaffolded(recipe, schema, schema_written=False, schema_current=current)
    write_whole(schema, text)
    return Scaffolded(recipe, schema, schema_written=True, schema_current=True)


def _wrong(code: str, message: str, remedy: str) -> RecipeError:
    return RecipeError([Finding(code, message, remedy, place=COMMAND_LINE)])
