"""Where overrides were written: on the command line, or in a sweep file."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from runner.recipe.composing.layers import Origin
from runner.recipe.composing.overrides import COMMAND_LINE

NOWHERE: Mapping[str, Origin] = MappingProxyType({})
"""No override is of a file."""


def origin_of(text: str, written: Mapping[str, Origin]) -> Origin:
    """Give the origin of an override.

    Args:
        text: The override as written.
        written: The origins of those that a file has, by their text.
    """
    return written.get(text) or Origin(COMMAND_LINE, Path.cwd())
