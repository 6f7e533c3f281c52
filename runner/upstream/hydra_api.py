"""Hydra's grammar of overrides: documented as a language, its classes are Hydra's own.

The files are the same from Hydra 1.3.2 to 1.3.8.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from itertools import islice
from math import ceil
from typing import Any

from hydra.errors import HydraException

from runner.upstream.interface import Interface

_interface = partial(Interface, "hydra-core", "1.3.2 to 1.3.8")
_TYPES = "hydra.core.override_parser.types"

_PARSER = _interface("hydra.core.override_parser.overrides_parser", "OverridesParser")
_PARSE = _interface(_PARSER.module, "OverridesParser.parse_override", ("s",))
_OVERRIDE = _interface(_TYPES, "Override")
_RANGE = _interface(_TYPES, "RangeSweep.range")
_SWEPT = _interface(_TYPES, "Override.sweep_string_iterator")
_WRITTEN = _interface(_TYPES, "Override.get_value_string")
_INTERVAL = _interface(_TYPES, "IntervalSweep")
_SWEEP = _interface(_TYPES, "Sweep")
_LISTED = _interface(_TYPES, "ChoiceSweep")
_GLOB = _interface(_TYPES, "Glob.filter", ("names",))
_QUOTED = _interface(_TYPES, "QuotedString.with_quotes")
_CHOICE = _interface(_TYPES, "ValueType.SIMPLE_CHOICE_SWEEP")

try:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import (
        ChoiceSweep,
        Glob,
        IntervalSweep,
        Override,
        Quote,
        QuotedString,
        RangeSweep,
        Sweep,
        ValueType,
    )
except ImportError as error:
    raise _PARSER.moved(f"is not there ({error})") from error

__all__ = [
    "Bounds",
    "Override",
    "bounds_of",
    "enumerated",
    "is_plain_choice",
    "parse_override",
    "pattern_of",
    "quoted",
]


@lru_cache(maxsize=4096)  # the points of a sweep say the same over and over
def parse_override(text: str) -> Override:
    """Parse an override.

    Args:
        text: As typed: ``key=value``.

    Returns:
        The override; treat it as read-only.

    Raises:
        HydraException: It cannot be read, or never stands for any values.
    """
    try:
        override = _parser().parse_override(text)
    except ValueError:  # Python's own, for a number that it does not read
        most = sys.get_int_max_str_digits()
        raise HydraException(f"a number has more than {most} digits") from None
    _refuse_endless(override)
    return override


def _refuse_endless(override: Override) -> None:
    """Refuse what Hydra's grammar reads, and what counts its values ends in Python's errors on."""
    value = override.value()
    if isinstance(value, RangeSweep) and value.step == 0:
        raise HydraException("a range with a step of 0 never comes to its end")
    if not all(_is_number(one) for one in _ends(value) if one is not None):
        raise HydraException("its bounds and its steps are numbers below 1.8e308")
    inner = value.list if isinstance(value, ChoiceSweep) else _parts(value)
    if any(map(_holds_sweep, inner)):
        raise HydraException("choice(…), range(…) and the like cannot stand inside another value")


def _ends(value: object) -> tuple[float | None, ...]:
    """Give the numbers of a range or an interval; of a range how many values there are, too."""
    if isinstance(value, RangeSweep):
        start, stop, step = value.start, value.stop, value.step
        if start is None or stop is None or not all(map(_is_number, (start, stop, step))):
            return start, stop, step
        return start, stop, step, (float(stop) - float(start)) / float(step)
    return (value.start, value.end) if isinstance(value, IntervalSweep) else ()


def _is_number(given: float) -> bool:
    return abs(given) <= sys.float_info.max


def _holds_sweep(value: Any) -> bool:
    return isinstance(value, (Sweep, Glob)) or any(map(_holds_sweep, _parts(value)))


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


@cache
def _parser() -> OverridesParser:
    return OverridesParser.create()


def is_plain_choice(override: Override) -> bool:
    """Say whether an override lists its values with nothing but commas: ``a,b``."""
    return override.value_type is ValueType.SIMPLE_CHOICE_SWEEP


def enumerated(override: Override, most: int) -> list[str]:
    """Give the values that an override stands for, as texts; of too many only one more than that.

    Args:
        override: An override with several values.
        most: How many are wanted at most.

    Raises:
        HydraException: They cannot be counted out.
    """
    value = override.value()
    if isinstance(value, IntervalSweep):
        raise HydraException("between two numbers there is no end of values; range(…) counts some")
    if isinstance(value, RangeSweep):  # a shuffled one would be made whole first
        value.shuffle = value.shuffle and _is_short(value, most)
    values: Iterator[str] = iter(override.sweep_string_iterator())
    return list(islice(values, most + 1))


def _is_short(swept: RangeSweep, most: int) -> bool:
    return sum(1 for _ in islice(iter(swept.range()), most + 1)) <= most


@dataclass(frozen=True)
class Bounds:
    """Numbers between two bounds.

    Args:
        low: The least.
        high: The greatest.
        step: What two of them differ by; None where they may differ by anything.
        log: Whether their size counts, and not their difference.
    """

    low: float
    high: float
    step: float | None
    log: bool

    @property
    def are_whole(self) -> bool:
        """Whether they are whole numbers."""
        ends = (self.low, self.step)
        return all(one is not None and float(one).is_integer() for one in ends)

    @property
    def is_every_whole_number(self) -> bool:
        """Whether they are all the whole numbers that there are between the two."""
        return self.are_whole and self.step == 1


def bounds_of(override: Override) -> Bounds | None:
    """Give the numbers that ``interval(…)`` or ``range(…)`` stands for; None for anything else.

    Args:
        override: The override; ``tag(log,…)`` around its value says that their size counts.
    """
    value = override.value()
    if isinstance(value, IntervalSweep) and value.start is not None and value.end is not None:
        return Bounds(value.start, value.end, None, "log" in value.tags)
    if isinstance(value, RangeSweep) and value.start is not None and value.stop is not None:
        steps = max(0, ceil((value.stop - value.start) / value.step) - 1)
        low, high = sorted((value.start, value.start + steps * value.step))
        return Bounds(low, high, abs(value.step), "log" in value.tags)
    return None


def pattern_of(override: Override) -> Glob | None:
    """Give the pattern of names that an override stands for; None where it is of another kind."""
    value = override.value()
    is_pattern = override.value_type is ValueType.GLOB_CHOICE_SWEEP
    return value if is_pattern and isinstance(value, Glob) else None


def quoted(text: str) -> str:
    """Quote a text for an override, so that it is taken as it is.

    Args:
        text: The text.
    """
    return QuotedString(text, Quote.single).with_quotes()
