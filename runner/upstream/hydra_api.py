"""Hydra's grammar of overrides: documented as a language, its classes are Hydra's own.

The files are the same from Hydra 1.3.2 to 1.3.8.
"""

from functools import cache, partial

from runner.upstream.interface import Interface

_interface = partial(Interface, "hydra-core", "1.3.2 to 1.3.8")
_TYPES = "hydra.core.override_parser.types"

_PARSER = _interface("hydra.core.override_parser.overrides_parser", "OverridesParser")
_PARSE = _interface(_PARSER.module, "OverridesParser.parse_override", ("s",))
_OVERRIDE = _interface(_TYPES, "Override")
_SWEPT = _interface(_TYPES, "Override.sweep_string_iterator")
_WRITTEN = _interface(_TYPES, "Override.get_value_string")
_GLOB = _interface(_TYPES, "Glob.filter", ("names",))
_QUOTED = _interface(_TYPES, "QuotedString.with_quotes")
_CHOICE = _interface(_TYPES, "ValueType.SIMPLE_CHOICE_SWEEP")

try:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import Glob, Override, Quote, QuotedString, ValueType
except ImportError as error:
    raise _PARSER.moved(f"is not there ({error})") from error

__all__ = ["Override", "is_plain_choice", "parse_override", "pattern_of", "quoted"]


def parse_override(text: str) -> Override:
    """Parse an override.

    Args:
        text: As typed: ``key=value``.

    Raises:
        HydraException: It cannot be read.
    """
    return _parser().parse_override(text)


@cache
def _parser() -> OverridesParser:
    return OverridesParser.create()


def is_plain_choice(override: Override) -> bool:
    """Say whether an override lists its values with nothing but commas: ``a,b``."""
    return override.value_type is ValueType.SIMPLE_CHOICE_SWEEP


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
