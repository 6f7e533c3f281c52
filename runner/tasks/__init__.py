"""The tasks, a file each: a module here whose ``TASK`` is a :class:`Task` is one."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from runner.tasks.base import Column, Task, Tensor

__all__ = ["Column", "Task", "Tensor", "all_tasks", "find_task", "get_task"]


@cache
def all_tasks() -> MappingProxyType[str, Task]:
    """Give every task by name, in alphabetical order.

    Raises:
        TypeError: A module's ``TASK`` is no task.
    """
    return MappingProxyType({task.name: task for task in sorted(_tasks(), key=lambda t: t.name)})


def _tasks() -> Iterator[Task]:
    for found in iter_modules(__path__):
        module = import_module(f"{__name__}.{found.name}")
        match vars(module).get("TASK"):
            case Task() as task:
                yield task
            case None:
                pass
            case other:
                raise TypeError(f"{module.__name__}.TASK is a Task, not {other!r}")


def find_task(name: str) -> Task | None:
    """Give a task by a name that it goes by.

    Args:
        name: Such as ``text-generation`` or ``translation_en_to_fr``.
    """
    return all_tasks().get(name) or next(
        (called for task in all_tasks().values() if (called := task.called(name))), None
    )


def get_task(name: str) -> Task:
    """Give a task by name.

    Raises:
        KeyError: There is none of that name.
    """
    task = find_task(name)
    if task is None:
        raise KeyError(name)
    return task
