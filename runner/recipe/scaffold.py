"""A recipe to begin with."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from runner.findings import Finding, RecipeError
from runner.recipe.compose import compose
from runner.recipe.composing.overrides import COMMAND_LINE
from runner.recipe.reading.shipped import shipped
from runner.spelling import did_you_mean
from runner.tasks import Column, Task, all_tasks, find_task

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_HEADER = "# yaml-language-server: $schema=recipe.schema.json"


def source_of(kind: str | None, repo: str | None, path: str | None) -> dict[str, str] | None:
    """Give the source that a command line names; none for random weights.

    Args:
        kind: Kind of source; told from the other two where absent.
        repo: Repository, for ``hub``.
        path: Checkpoint folder, for ``local``.

    Raises:
        RecipeError: They do not fit each other.
    """
    kind = kind or ("hub" if repo else "local" if path else "scratch")
    needed = {"hub": ("--repo", repo), "local": ("--path", path)}
    for other, (option, value) in needed.items():
        if (other == kind) != bool(value):
            does = "needs" if other == kind else "does not take"
            raise _wrong("bad-override", f"--source {kind} {does} {option}.", "")
    match kind:
        case "hub":
            return {"kind": "hub", "repo": str(repo), "revision": "main"}
        case "local":
            return {"kind": "local", "path": os.path.abspath(str(path))}
        case _:
            return None


def scaffold(task_name: str, name: str, source: dict[str, str] | None, folder: Path) -> Path:
    """Write a recipe.

    Args:
        task_name: Its task.
        name: Its name.
        source: Its source; random weights where there is none.
        folder: The folder of recipes.

    Returns:
        The file.

    Raises:
        RecipeError: The task is not known, the name is none, or the file is there.
    """
    task = find_task(task_name)
    if task is None:
        remedy = did_you_mean(task_name, all_tasks()) or "`ls` shows the tasks."
        raise _wrong("unknown-task", f"`{task_name}` is not a task.", remedy)
    if not _NAME.fullmatch(name):
        remedy = "Write letters, digits, dots and dashes."
        raise _wrong("unknown-recipe", f"`{name}` is no name for a recipe.", remedy)
    file = folder / folder_of(task_name) / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(_text(task, source or _random(task)))
    except FileExistsError as error:
        raise _wrong("file-there", f"{file} is there already.", "Take another name.") from error
    return file


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
    return compose([f"+recipe={name}/scratch"]).values["source"]


def _text(task: Task, source: Mapping[str, Any]) -> str:
    block = yaml.safe_dump({"source": source}, sort_keys=False)
    lines = [_HEADER, 'description: ""', f"task: {task.name}", block.rstrip(), "dtype: auto"]
    if not any(isinstance(entry, Column) and entry.media for entry in task.inputs):
        example = json.dumps(task.example, ensure_ascii=False)
        lines += [f"input_example: {example}", "evaluation:", f"  inputs: [{example}]"]
    return "\n".join(lines) + "\n"


def _wrong(code: str, message: str, remedy: str) -> RecipeError:
    return RecipeError([Finding(code, message, remedy, place=COMMAND_LINE)])
