"""The tasks, a file each: any module here that defines ``TASK`` is one."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from runner.tasks.base import Column, Task, Tensor

__all__ = ["Column", "Task", "Tensor", "all_tasks", "find_task", "get_task"]


@cache
def all_tasks() -> MappingProxyType[str, Task]:
    """Give every task by name, in alphabetical order."""
    modules = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__))
    tasks = [module.TASK for module in modules if hasattr(module, "TASK")]
    return MappingProxyType({task.name: task for task in sorted(tasks, key=lambda t: t.name)})


def find_task(name: str) -> Task | None:
    """Give a task by name, one that a module makes from the name included.

    Args:
        name: Such as ``text-generation`` or ``translation_en_to_fr``.
    """
    if name in all_tasks():
        return all_tasks()[name]
    modules = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__))
    makers = (module.variant for module in modules if hasattr(module, "variant"))
    return next((task for make in makers if (task := make(name))), None)


def get_task(name: str) -> Task:
    """Give a task by name.

    Raises:
        KeyError: There is none of that name.
    """
    task = find_task(name)
    if task is None:
        raise KeyError(name)
    return task
