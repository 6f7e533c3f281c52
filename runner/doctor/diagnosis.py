"""A diagnosis: every check, on what the recipes need of this machine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Protocol, runtime_checkable

from runner.discovery import load, names_in
from runner.recipe.language.settings import RunSettings
from runner.recipe.library import Assessed
from runner.sources import all_kinds

_CHECKS = "runner.doctor.checks"


class Status(StrEnum):
    """What a check found: a problem stops a run, a warning may."""

    OK = "ok"
    UNNEEDED = "not needed"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Result:
    """What one check found.

    Args:
        status: How it is.
        message: What was found, one sentence without its full stop.
        remedy: What to do; empty where nothing is to be done.
    """

    status: Status
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Needs:
    """What is asked of this machine.

    Args:
        recipes: The recipes that are to run.
        settings: Settings of their runs.
    """

    recipes: Sequence[Assessed]
    settings: RunSettings

    def hub(self) -> list[str]:
        """Name the recipes that take a part of theirs from a hub."""
        asking = {kind for kind, source in all_kinds().items() if source.asks_hub}
        return [one.name for one in self.recipes if asking & _kinds(one)]


@runtime_checkable
class MachineCheck(Protocol):
    """A check of this machine: each module of :mod:`runner.doctor.checks` is one."""

    def check(self, needs: Needs) -> Iterable[Result]:
        """Look, for a few seconds at most.

        Args:
            needs: What is asked of this machine.
        """
        ...


def diagnose(needs: Needs) -> dict[str, list[Result]]:
    """Run every check, one after another: Python 3.11 cannot parse in two threads at once.

    Args:
        needs: What is asked of this machine.

    Returns:
        What each found, by its name. A check that waits for the network waits a few seconds.
    """
    checks = {name: load(_CHECKS, name, MachineCheck) for name in names_in(_CHECKS)}
    return {name: list(one.check(needs)) for name, one in checks.items()}


def _kinds(recipe: Assessed) -> set[str]:
    values = recipe.values
    parts = values.get("components")
    blocks = chain(
        (values.get("source"), values.get("adapter")),
        parts.values() if isinstance(parts, dict) else (),
    )
    return {str(block.get("kind")) for block in blocks if isinstance(block, dict)}
