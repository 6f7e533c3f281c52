"""Change values in the text of a recipe, and leave every other byte of it as it is.

What YAML's parser says of where things stand is enough for that, so only the words that change
are written anew. Emitting the whole would lose spaces, ends of lines and ways of quoting.
"""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from math import isfinite, isnan
from pathlib import Path
from typing import Any

import yaml

from runner.errors import Exit, RunnerError
from runner.findings import Loc
from runner.recipe.reading.scalars import core_scalar
from runner.recipe.reading.strict_yaml import Loader, parse

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/.-]*")
_OLD_BOOLEANS = {"y", "n", "yes", "no", "on", "off"}
_UNPRINTABLE = re.compile(
    "[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
MARK = "\ufeff"
"""The byte order mark that a file may begin with."""


class NotEditable(RunnerError):
    """A value cannot be changed where it stands."""

    code = "not-editable"
    exit = Exit.WRONG_INPUT


@dataclass
class _Node:
    """A value, and where it stands.

    Args:
        start: Index of its first character.
        end: Index after its last.
        quote: The quote around it, where it is a quoted text.
        flow: Whether it is in brackets.
        keys: Of a mapping, the keys, with the column each stands in.
        parts: Of a mapping or a list, the values.
    """

    start: int
    end: int
    quote: str = ""
    flow: bool = False
    keys: "dict[str, tuple[_Node, int]] | None" = None
    parts: "dict[str | int, _Node]" = field(default_factory=dict[str | int, "_Node"])

    def at(self, loc: Loc) -> "_Node | None":
        node: _Node | None = self
        for key in loc:
            node = node and node.parts.get(key)
        return node


def with_values(text: str, values: Mapping[Loc, Any]) -> str:
    """Put values into the text of a recipe.

    Args:
        text: The text.
        values: What is to stand at each path. A field that is not there is added after the others
            of its block.

    Returns:
        The text. A value that is replaced is written on one line, a text in the quotes it had;
        comments inside of it are gone.

    Raises:
        NotEditable: The text is no mapping that can be read, a list has no such item, or the value
            is one that others refer to by an alias.
    """
    for loc, value in values.items():
        wanted = _put(_read(text), loc, value)
        text = _insist(_with_value(text, loc, value), wanted, loc)
    return text


def with_keys(text: str, keys: Mapping[Loc, str]) -> str:
    """Give keys in the text of a recipe other names.

    Args:
        text: The text.
        keys: The new name of the key at each path.

    Raises:
        NotEditable: The text cannot be read, has no such key, or has one of the new name already.
    """
    for loc, name in keys.items():
        wanted = _renamed(_read(text), loc, name)
        around = _tree(text).at(loc[:-1])
        key, _ = (around and around.keys or {}).get(str(loc[-1]), (None, 0))
        if key is None:
            raise _not_editable(loc)
        text = _insist(_spliced(text, key, _written(name, key.quote)), wanted, loc)
    return text


def _read(text: str) -> dict[str, Any]:
    """Give what a text says; what else is wrong with it stays so, as long as it can be read."""
    document = parse(text.removeprefix(MARK), Path(), "text")
    if unreadable := [f for f in document.findings if f.code == "unreadable-yaml"]:
        raise NotEditable(unreadable[0].message)
    return document.values


def _insist(text: str, wanted: Any, loc: Loc) -> str:
    try:
        right = repr(_read(text)) == repr(wanted)
    except NotEditable as error:
        raise _not_editable(loc) from error
    if not right:
        raise _not_editable(loc)
    return text


def _not_editable(loc: Loc) -> NotEditable:
    where = ".".join(map(str, loc))
    return NotEditable(f"`{where}` cannot be changed in its place.", "Change it by hand.")


def _put(values: dict[str, Any], loc: Loc, value: Any) -> dict[str, Any]:
    changed: Any = deepcopy(values)
    around = changed
    for key in loc[:-1]:
        if isinstance(around, dict) and around.get(key) is None:
            around[key] = {}
        around = _inside(around, key, loc)
    if not isinstance(around, dict):
        _inside(around, loc[-1], loc)
    around[loc[-1]] = value
    return changed


def _inside(around: Any, key: str | int, loc: Loc) -> Any:
    if isinstance(around, dict) and key in around:
        return around[key]
    if isinstance(around, list) and isinstance(key, int) and key < len(around):
        return around[key]
    raise _not_editable(loc)


def _renamed(values: dict[str, Any], loc: Loc, name: str) -> dict[str, Any]:
    changed: Any = deepcopy(values)
    around = changed
    for key in loc[:-1]:
        around = _inside(around, key, loc)
    if not isinstance(around, dict) or name in around:
        raise _not_editable(loc)
    items = [(name if key == loc[-1] else key, value) for key, value in around.items()]
    around.clear()
    around.update(items)
    return changed


def _with_value(text: str, loc: Loc, value: Any) -> str:
    tree = _tree(text)
    depth = next(n for n in range(len(loc), -1, -1) if tree.at(loc[:n]))
    node, rest = tree.at(loc[:depth]) or tree, loc[depth:]
    if not rest or node.keys is None:
        as_far_left_as_its_key = bool(_BREAK.fullmatch(text[node.start - 1 : node.start]))
        written = _written(_nested(rest, value), node.quote)
        return _spliced(text, node, " " * as_far_left_as_its_key + written)
    entry = f"{_written(str(rest[0]), '')}: {_written(_nested(rest[1:], value), '')}"
    if not node.keys:
        inside = text.index("{", node.start) + 1
        return f"{text[:inside]}{entry}{text[inside:]}"
    last = list(node.parts.values())[-1]
    if node.flow:
        return f"{text[: last.end]}, {entry}{text[last.end :]}"
    _, column = next(iter(node.keys.values()))
    return _on_its_line(text, last.end, " " * column + entry)


def _nested(loc: Loc, value: Any) -> Any:
    for key in reversed(loc):
        value = {key: value}
    return value


def _on_its_line(text: str, after: int, line: str) -> str:
    """Put a line below the one in which something ends."""
    found = _BREAK.search(text)
    end_of_line = found[0] if found else "\n"
    if _BREAK.fullmatch(text[after - 1]):
        return f"{text[:after]}{line}{end_of_line}{text[after:]}"
    if ends := _BREAK.search(text, after):
        return f"{text[: ends.end()]}{line}{end_of_line}{text[ends.end() :]}"
    return f"{text}{end_of_line}{line}"


def _spliced(text: str, node: _Node, written: str) -> str:
    if node.start == node.end:  # nothing stands there: `key:`, `- ` or `{key}`
        written = f" {written}" if text[node.start - 1] in ":-?" else f": {written}"
    end = node.start + len(text[node.start : node.end].rstrip())
    return f"{text[: node.start]}{written}{text[end:]}"


def _tree(text: str) -> _Node:
    """Give the tree of a text that is known to be a mapping."""
    shift = len(text) - len(text.removeprefix(MARK))
    events = yaml.parse(text.removeprefix(MARK), Loader=Loader)
    values = (
        e for e in events if not isinstance(e, yaml.StreamStartEvent | yaml.DocumentStartEvent)
    )
    return _built(next(values), values, shift)


def _built(event: Any, events: Iterator[Any], shift: int) -> _Node:
    start, end = event.start_mark.index + shift, event.end_mark.index + shift
    if isinstance(event, yaml.ScalarEvent):
        return _Node(start, end, event.style if event.style in ("'", '"') else "")
    node = _Node(start, end)
    if not isinstance(event, yaml.CollectionStartEvent):
        return node
    node.flow = bool(event.flow_style)
    keys: dict[str, tuple[_Node, int]] = {}
    while not isinstance(inside := next(events), yaml.CollectionEndEvent):
        part = _built(inside, events, shift)
        if isinstance(event, yaml.MappingStartEvent):
            keys[inside.value] = part, inside.start_mark.column
            node.parts[inside.value] = _built(next(events), events, shift)
        else:
            node.parts[len(node.parts)] = part
    if isinstance(event, yaml.MappingStartEvent):
        node.keys = keys
    node.end = inside.end_mark.index + shift if node.flow else [*node.parts.values()][-1].end
    return node


def _written(value: Any, quote: str) -> str:
    """Write a value as YAML on one line."""
    match value:
        case str():
            return _text(value, quote)
        case dict():
            entries = (f"{_text(str(k), '')}: {_written(v, '')}" for k, v in value.items())
            return f"{{{', '.join(entries)}}}"
        case list():
            return f"[{', '.join(_written(item, '') for item in value)}]"
        case float() if not isfinite(value):
            return ".nan" if isnan(value) else f"{'-' if value < 0 else ''}.inf"
        case float():
            return repr(value)
        case _:
            return json.dumps(value)


def _text(text: str, quote: str) -> str:
    if quote == "'" and not _UNPRINTABLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    plain = _PLAIN.fullmatch(text) and text.casefold() not in _OLD_BOOLEANS
    if plain and not quote and isinstance(core_scalar(text), str):
        return text
    written = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\U{ord(found[0]):08x}", written)
