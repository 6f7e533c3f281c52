"""How deep YAML is nested, seen before it is composed: libyaml overflows its stack."""

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader
else:  # libyaml is ten times faster, where PyYAML was built with it
    SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

__all__ = ["SafeLoader", "is_too_deep"]

_DEEPEST = 200


def is_too_deep(text: str) -> bool:
    """Say whether values are nested deeper than anybody writes them.

    Args:
        text: The YAML.

    Raises:
        YAMLError: It is none.
    """
    opened = text.count("[") + text.count("{")
    indented = max((len(line) - len(line.lstrip(" -?")) for line in text.splitlines()), default=0)
    if max(opened, indented) <= _DEEPEST:
        return False
    depth = 0
    for event in yaml.parse(text, Loader=SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return True
    return False
