"""Files that come with a checkpoint, read as what strangers wrote: of bounded size and depth."""

import json
from pathlib import Path
from typing import Any

import yaml

from runner.text.nesting import SafeLoader, is_too_deep

_LARGEST = 2**26
"""Bytes of a configuration; a tokenizer's own file is read by its library."""
_LARGEST_CARD = 2**20
_LARGEST_DESCRIPTION = 2**22
"""Bytes of an MLmodel: it holds the recipe, which may have 1 MiB."""


class _PlainLoader(yaml.SafeLoader):
    """Reads texts, lists and mappings, and no anchor, that a few bytes could make gigabytes of."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse an alias."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has aliases")
        return super().compose_node(parent, index)


_PlainLoader.yaml_implicit_resolvers = {}


def read_json(file: Path) -> Any:
    """Read a configuration.

    Args:
        file: The file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no JSON, too large, or nested too deep.
    """
    if (size := file.stat().st_size) > _LARGEST:
        raise ValueError(f"it has {size} bytes, more than the {_LARGEST} of any configuration")
    return parse_json(file.read_text(encoding="utf-8"))


def parse_json(text: str, **how: Any) -> Any:
    """Read JSON.

    Args:
        text: The text.
        how: As ``json.loads`` takes it.

    Raises:
        ValueError: It is no JSON, or nested too deep.
    """
    try:
        return json.loads(text, **how)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def parse_strict_json(text: bytes) -> Any:
    """Read JSON to the letter: UTF-8, no key twice, no NaN, no half of a pair in a key.

    Args:
        text: The text.

    Raises:
        ValueError: It is none.

    Source: RFC 8259, and ``serde_json``, which the safetensors library reads with.
    """
    return parse_json(text.decode(), object_pairs_hook=_once_each, parse_constant=_no_number)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("it has a key twice")
    "".join(found).encode()
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def read_yaml(file: Path) -> dict[str, Any]:
    """Read a description that is YAML.

    Args:
        file: The file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no mapping in YAML, too large, has tags, or is nested too deep.
    """
    if (size := file.stat().st_size) > _LARGEST_DESCRIPTION:
        raise ValueError(f"it has {size} bytes, more than the {_LARGEST_DESCRIPTION} of any")
    text = file.read_text(encoding="utf-8")
    try:
        if is_too_deep(text):
            raise ValueError("it is nested too deep")
        found: Any = yaml.load(text, SafeLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise ValueError(f"it is no YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("it is no mapping")
    return found


def parse_front_matter(text: str) -> dict[str, Any]:
    """Read what a card says of itself, every value as the text it is written as.

    Args:
        text: The front matter, as YAML.

    Returns:
        What it says; nothing where it cannot be read, or is not to be.
    """
    if len(text) > _LARGEST_CARD:
        return {}
    try:
        found: Any = yaml.load(text, _PlainLoader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
