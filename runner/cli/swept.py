"""Sweeps as people read them: the files there are, and the points of one."""

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.cli.asking import ask
from runner.recipe.composing.overrides import key_of
from runner.recipe.sweeping.asking import ask_sweep
from runner.recipe.sweeping.files import SWEEP, SweepFile
from runner.sweeps.keeping import values_of, varying
from runner.sweeps.points import Point
from runner.text.wording import counted


def file_document(file: SweepFile) -> dict[str, Any]:
    """Give a sweep file as ``ls`` knows it, as plain values.

    Args:
        file: The file as read.
    """
    return {
        "name": file.name,
        "file": str(file.document.path),
        "recipes": file.sweep.recipes if file.sweep else [],
        "description": file.sweep.description if file.sweep else "",
        "errors": len(file.findings),
    }


def file_lines(files: Sequence[SweepFile]) -> Iterator[str]:
    """Give the lines of ``ls`` on sweep files.

    Args:
        files: The files as read.
    """
    if files:
        yield "sweeps"
    width = max((len(file.name) for file in files), default=0)
    for file in files:
        about = f"{counted(len(file.findings), 'error')}: see validate {file.name}"
        if file.sweep:
            about = file.sweep.description or f"of {', '.join(file.sweep.recipes)}"
        yield f"  {file.name:<{width}}  {about}"


def with_sweeps(words: Sequence[str], config_dirs: Sequence[Path]) -> list[str]:
    """Give names of recipes, with the recipes of a sweep in the place of ``+sweep=NAME``.

    Args:
        words: Names as typed.
        config_dirs: Folders the user named.

    Raises:
        RecipeError: There is no such sweep, or something of it is wrong.
    """
    names: list[str] = []
    for word in words:
        is_sweep = key_of(word) == SWEEP and "=" in word
        named = ask_sweep([word], config_dirs).sweep.recipes if is_sweep else [word]
        names += named
    return list(dict.fromkeys(names))


def show_sweep(args: Namespace) -> tuple[dict[str, Any], Iterator[str]]:
    """Give the points that a command line asks for, as plain values and as lines.

    Args:
        args: The arguments: ``overrides`` and ``config_dir``.

    Raises:
        RunnerError: Something of it is wrong.
    """
    asked = ask(args)
    values = [values_of(point) for point in asked.points]
    keys = varying(values)
    points = [
        {
            "name": point.name,
            "recipe": point.composed.name,
            "values": {key: said[key] for key in keys if key in said},
            "overrides": list(point.composed.overrides),
            "digest": point.composed.digest,
            "folder": str(point.folder),
        }
        for point, said in zip(asked.points, values, strict=True)
    ]
    document = {"sweep": asked.sweep, "baseline": asked.baseline, "points": points}
    return document, _point_lines(asked.points, values, keys)


def _point_lines(
    points: Sequence[Point], values: Sequence[Mapping[str, Any]], keys: Sequence[str]
) -> Iterator[str]:
    rows = [[*keys, "folder"]]
    for point, said in zip(points, values, strict=True):
        rows.append([*(str(said.get(key, "")) for key in keys), str(point.folder)])
    yield from columns(rows)
    yield counted(len(points), "point")


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Give rows as lines with their cells under each other.

    Args:
        rows: The rows, all of one length.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
