"""What an engine is: workers that each load a model, and what they give of each task, in order.

A task is a batch of rows, the same batch whatever engine runs it: so the answers are the same to
the bit. One that was lost with its worker is run again, whole. The driver alone keeps answers.
"""

from collections.abc import Callable, Generator, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, Protocol, get_args

from runner.errors import Exit, RunnerError

Engine = Literal["local", "ray", "spark"]
LOCAL: Engine = get_args(Engine)[0]
"""The engine that is this process."""
Does = Callable[[Any], Any]


class Work(Protocol):
    """What every worker does; it is pickled on the way there."""

    def begin(self) -> Does:
        """Load the model, and give what runs a task."""
        ...


class EngineFailed(RunnerError):
    """An engine is not there, or lost its workers."""

    code = "engine-failed"
    exit = Exit.OUTSIDE_FAILED


def lacking(engine: str) -> str:
    """Say which extra an engine lacks here; nothing where it has all.

    Args:
        engine: Its name.
    """
    needs: str = import_module(f"runner.engines.{engine}_engine").NEEDS
    return f"recipe-runner[{engine}]" if needs and find_spec(needs) is None else ""


def insist_on(engine: str) -> None:
    """Look whether an engine can be used.

    Args:
        engine: Its name.

    Raises:
        EngineFailed: It is not installed.
    """
    if extra := lacking(engine):
        raise EngineFailed(f"The engine {engine} is not installed.", f"pip install '{extra}'.")


def run(engine: str, work: Work, tasks: Iterator[Any]) -> Generator[Any]:
    """Run tasks, some at once, and give what each gives, in their order.

    Args:
        engine: ``local``, ``ray`` or ``spark``.
        work: What runs a task.
        tasks: The tasks; no more of them are held than are run.

    Yields:
        What each task gives.

    Raises:
        EngineFailed: The engine is not there, or gave up on a task.
    """
    insist_on(engine)
    runs: Callable[[Work, Iterator[Any]], Generator[Any]]
    runs = import_module(f"runner.engines.{engine}_engine").run
    yield from runs(work, tasks)
