"""This process, a task after the other."""

from collections.abc import Generator, Iterator
from typing import Any

from runner.engines.base import Work

NEEDS = ""


def run(work: Work, tasks: Iterator[Any]) -> Generator[Any]:
    """Run tasks.

    Args:
        work: What runs a task.
        tasks: The tasks.

    Yields:
        What each gives.
    """
    does = work.begin()
    yield from map(does, tasks)
