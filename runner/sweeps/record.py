"""The record of a sweep: its points, what varies among them, and how each of them stands."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runner.errors import Exit, Pruned
from runner.files.disk import replacing
from runner.text.secrets import masked
from runner.text.visible import in_json

SWEEP_FILE = "sweep.json"
"""The record of a sweep of the command line; that of a sweep file is ``NAME.sweep.json``."""


class Status(StrEnum):
    """How a point stands.

    ``done`` is a point that ran to its end, whatever its verdict: ``exit`` tells. ``stopped`` is
    one that an error ended early, ``pruned`` one that a search gave up.
    """

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    PRUNED = "pruned"

    @property
    def is_over(self) -> bool:
        """Whether the point has ended."""
        return self not in (Status.WAITING, Status.RUNNING)

    @classmethod
    def after(cls, code: str) -> "Status":
        """Give how a point stands that something ended early.

        Args:
            code: Code of what did.
        """
        return cls.PRUNED if code == Pruned.code else cls.STOPPED


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)


class SweepPoint(_Part):
    """A point of a sweep.

    Args:
        name: Its name, which is that of its folder.
        folder: Its folder, relative to the one that holds the sweep's record.
        recipe: Its recipe.
        overrides: Its overrides of the recipe, as the command line would have them.
        values: The values of what varies, by dotted key.
        digest: SHA-256 of its recipe as composed.
        status: How it stands.
        exit: The exit code that it stands for, once it has ended.
        error: What ended it early: code, message and remedy.
    """

    name: str
    folder: str
    recipe: str
    overrides: list[str] = Field(default_factory=list)
    values: dict[str, Any] = Field(default_factory=dict)
    digest: str = ""
    status: Status = Status.WAITING
    exit: Exit | None = None
    error: dict[str, str] = Field(default_factory=dict)


class SweepRecord(_Part):
    """What a sweep is, and how far it is.

    Args:
        name: Name of the sweep file; empty for a sweep of the command line.
        recipes: The recipes, each once.
        varies: What varies, as dotted keys; ``recipe`` among them where there are several.
        baseline: Name of the point that the others are compared with; empty where none is named.
        points: The points.
        started: Start, UTC, ISO 8601.
        ended: End, UTC, ISO 8601; empty until every point has ended.
        command: The words of the command line after ``python -m runner``.
        launcher: Where the points run: ``local``, ``submitit`` or ``ray``.
        jobs: The jobs of a cluster that run them, by the point's folder.
        best: Of a search, names of the points that no other one beats and whose gates passed.
    """

    name: str = ""
    recipes: list[str] = Field(default_factory=list)
    varies: list[str] = Field(default_factory=list)
    baseline: str = ""
    points: list[SweepPoint] = Field(default_factory=list[SweepPoint])
    started: str = Field(default_factory=lambda: _now())
    ended: str = ""
    command: list[str] = Field(default_factory=list)
    launcher: str = ""
    jobs: dict[str, str] = Field(default_factory=dict)
    best: list[str] = Field(default_factory=list)

    def write(self, file: Path) -> None:
        """Write the record, replacing one that is there in one move.

        Args:
            file: Where; its folder is made where it is not there.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        text = in_json(masked(self.model_dump_json(indent=2))) + "\n"
        with replacing(file, shared=True) as staged:
            staged.write_text(text, encoding="utf-8")

    def end(self) -> None:
        """Note that every point has ended."""
        self.ended = _now()


def read_sweep(file: Path | str) -> SweepRecord | None:
    """Read a record; nothing where there is none, or one that another version wrote otherwise.

    Args:
        file: The record's file.
    """
    try:
        return SweepRecord.model_validate_json(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def sweep_file(outs: Sequence[Path], name: str = "") -> Path:
    """Give the place of a sweep's record: beside its points, in the folder common to all of them.

    Args:
        outs: The folders that hold the points' own: ``<out>/<recipe>`` of each.
        name: Name of the sweep file; empty for a sweep of the command line.
    """
    around = Path(os.path.commonpath([out.absolute() for out in outs]))
    last = name.replace("/", "--")
    return around / (f"{last}.{SWEEP_FILE}" if last else SWEEP_FILE)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
