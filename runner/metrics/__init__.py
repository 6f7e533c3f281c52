"""The metrics, a file each: any class here that extends ``Metric`` and names itself is one."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import get_args

from runner.metrics.base import Metric

__all__ = ["Metric", "all_metrics"]


@cache
def all_metrics() -> MappingProxyType[str, type[Metric]]:
    """Give every metric by each of its names, in alphabetical order."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    named = {name: metric for metric in _extending(Metric) for name in names_of(metric)}
    return MappingProxyType(dict(sorted(named.items())))


def names_of(metric: type[Metric]) -> tuple[str, ...]:
    """Give the names that a metric goes by; none for one that only others extend."""
    return get_args(metric.model_fields["name"].annotation)


def _extending(metric: type[Metric]) -> Iterator[type[Metric]]:
    for extending in metric.__subclasses__():
        yield extending
        yield from _extending(extending)
