"""The tasks, a file each: any module here that defines ``TASK`` is one."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from runner.tasks.base import Column, Task, Tensor

__all__ = ["Column", "Task", "Tensor", "all_tasks"]


@cache
def all_tasks() -> MappingProxyType[str, Task]:
    """Give every task by name, in alphabetical order."""
    modules = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__))
    tasks = [module.TASK for module in modules if hasattr(module, "TASK")]
    return MappingProxyType({task.name: task for task in sorted(tasks, key=lambda t: t.name)})
