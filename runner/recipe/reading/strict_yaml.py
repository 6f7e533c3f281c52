"""Strict YAML: one file into plain values, each with its place; nothing guessed, nothing merged."""

import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from runner.files.disk import raise_if_short
from runner.findings import Finding, Loc, Place
from runner.recipe.reading.scalars import core_scalar
from runner.text.nesting import SafeLoader, is_too_deep

_LARGEST = 2**20
_MOST_VALUES = 20_000
_TEXT = "tag:yaml.org,2002:str"
_COLLECTIONS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


class Loader(SafeLoader):
    """Resolves no scalar by itself, so that a tag on one is there only if it was written."""


Loader.yaml_implicit_resolvers = {}


@dataclass(frozen=True)
class Document:
    """A YAML file as read.

    Args:
        path: Absolute path.
        file: The file as the user would name it.
        values: The mapping it holds.
        places: Where each key, and each item of a list, was written.
        raw: The text of each unquoted scalar that is not text, as written: ``1234e56``.
        header: The comment lines before the first value.
        findings: Everything wrong with the file as YAML.
    """

    path: Path
    file: str
    values: dict[str, Any]
    places: dict[Loc, Place]
    raw: dict[Loc, str]
    header: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def display_name(path: Path) -> str:
    """Name a file as the user would: relative to the working directory where it is under it."""
    # many are asked for: texts are quicker than paths
    cwd, text = os.getcwd(), str(path)
    return "." if text == cwd else text.removeprefix(os.path.join(cwd, ""))


def read(path: Path) -> Document:
    """Read a YAML file.

    Args:
        path: The file.

    Returns:
        The document; what is wrong with it is in its findings. Treat its values as read-only: a
        file that has not changed is read once.
    """
    path = path.absolute()
    file = display_name(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _unread(path, file, f"{file} is not a file.")
    except OSError as error:
        return _unread(path, file, f"{file} cannot be read: {error.strerror}.")
    if status.st_size > _LARGEST:
        return _unread(path, file, f"{file} is larger than {_LARGEST} bytes.")
    return _read(path, file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1024)
def _read(path: Path, file: str, _changed: int, _size: int) -> Document:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return _unread(path, file, "The file is not UTF-8 text.", Place(file, line, 1))
    except OSError as error:
        raise_if_short(error)
        return _unread(path, file, f"{file} cannot be read: {error.strerror}.")
    return parse(text, path, file)


def parse(text: str, path: Path, file: str) -> Document:
    """Parse the text of a YAML file.

    Args:
        text: The text.
        path: The file it is from.
        file: The file as the user would name it.

    Returns:
        The document, its findings included.

    Scalars follow the core schema of YAML 1.2: ``no``, ``on``, dates and ``12:30`` are text, and
    so is a number too large to be one, such as ``57e1234``.
    """
    try:
        if is_too_deep(text):
            return _unread(path, file, "The values are nested too deeply.")
        node = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        place = _place(file, error.problem_mark or error.context_mark)
        what = ": ".join(part for part in (error.context, error.problem) if part)
        mark = error.problem_mark
        remedy = _remedy(text, mark.index) if mark else ""
        return _unread(path, file, f"The YAML cannot be read: {what}.", place, remedy)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        return _unread(
            path, file, f"The YAML cannot be read: {error.reason}.", Place(file, line, 1)
        )
    except (yaml.YAMLError, RecursionError) as error:
        return _unread(path, file, f"The YAML cannot be read: {error}.")
    reading = _Reading(file)
    if not isinstance(node, yaml.MappingNode):
        place = _place(file, node.start_mark if node else None)
        return _unread(path, file, "The file is a mapping: lines of `key: value`.", place)
    reading.places[()] = Place(file, 1, 1)
    try:
        values = reading.value(node, ())
    except RecursionError:
        return _unread(path, file, "The values are nested too deeply.")
    except _TooMuchError as error:
        remedy = "Leave some out, or move them to a file of rows: `evaluation.dataset`."
        return _unread(path, file, f"The file holds more than {error}.", error.place, remedy)
    header = tuple(line for line in _header(text) if line)
    return Document(
        path, file, values, reading.places, reading.raw, header, tuple(reading.findings)
    )


def _remedy(text: str, at: int) -> str:
    """Say what to do about what people write most often of what YAML does not take."""
    there, before = text[at : at + 1], text[at - 1 : at]
    if there == "\t":
        return "There is a tab; YAML is indented with spaces."
    if there and there in "?@`%":
        return f"Quote a text that begins with {there} here."
    if before + there == "${":
        return "Quote a reference that stands between braces or brackets."
    return "Quote a text with a colon and a space in it." if text[at : at + 2] == ": " else ""


def _header(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            break
        lines.append(line.strip())
    return lines


def _unread(
    path: Path, file: str, message: str, place: Place | None = None, remedy: str = ""
) -> Document:
    finding = Finding("unreadable-yaml", message, remedy, place=place or Place(file, 1, 1))
    return Document(path, file, {}, {(): Place(file, 1, 1)}, {}, findings=(finding,))


def _place(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)


class _TooMuchError(Exception):
    """The file stands for more than a recipe can be."""

    def __init__(self, what: str, place: Place) -> None:
        super().__init__(what)
        self.place = place


class _Reading:
    """Turns the nodes of one file into values, noting places and findings on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[Loc, Place] = {}
        self.raw: dict[Loc, str] = {}
        self.findings: list[Finding] = []
        self._open: set[int] = set()
        self._count = 0
        self._length = 0

    def value(self, node: yaml.Node, loc: Loc) -> Any:
        self._count += 1
        if self._count > _MOST_VALUES:
            raise _TooMuchError(f"{_MOST_VALUES} values", _place(self.file, node.start_mark))
        if isinstance(node, yaml.ScalarNode):
            self._length += len(node.value)
            if self._length > _LARGEST:
                what = f"{_LARGEST} characters, aliases counted"
                raise _TooMuchError(what, _place(self.file, node.start_mark))
            return self._scalar(node, loc)
        if id(node) in self._open:
            self._find("unreadable-yaml", "An alias stands inside what it refers to.", node, loc)
            return None
        if node.tag not in _COLLECTIONS:  # what is inside is read, as if there were none
            self._refuse_tag(node, loc)
        self._open.add(id(node))
        value = self._mapping(node, loc) if isinstance(node, yaml.MappingNode) else None
        if isinstance(node, yaml.SequenceNode):
            value = self._sequence(node, loc)
        self._open.discard(id(node))
        return value

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if (key := self._key(key_node, loc)) is None:
                continue
            if key in values:
                first = self.places[(*loc, key)].line
                message = f"`{key}` is written twice; the first is on line {first}."
                self._find("duplicate-key", message, key_node, (*loc, key), "Keep one of them.")
                continue
            self.places[(*loc, key)] = _place(self.file, key_node.start_mark)
            values[key] = self.value(value_node, (*loc, key))
        return values

    def _sequence(self, node: yaml.SequenceNode, loc: Loc) -> list[Any]:
        items: list[Any] = []
        for index, item in enumerate(node.value):
            self.places[(*loc, index)] = _place(self.file, item.start_mark)
            items.append(self.value(item, (*loc, index)))
        return items

    def _key(self, node: yaml.Node, loc: Loc) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._find("bad-key", "A key is text, not a list or a mapping.", node, loc)
            return None
        if not node.style and node.value == "<<":
            remedy = "Extend another recipe with `defaults`, or repeat the keys."
            self._find("bad-key", "`<<` merges are not taken.", node, loc, remedy)
            return None
        key = self._scalar(node, (*loc, node.value))
        self.raw.pop((*loc, node.value), None)
        if isinstance(key, str):
            return key
        remedy = f'Write "{node.value}".'
        self._find("bad-key", f"The key `{node.value}` is not text.", node, loc, remedy)
        return None

    def _scalar(self, node: yaml.ScalarNode, loc: Loc) -> Any:
        if node.tag != _TEXT:
            self._refuse_tag(node, loc)
            return None
        value = node.value if node.style else core_scalar(node.value)
        if not isinstance(value, str):
            self.raw[loc] = node.value
        return value

    def _refuse_tag(self, node: yaml.Node, loc: Loc) -> None:
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        self._find("forbidden-tag", f"The tag `{tag}` is not taken.", node, loc, "Leave it out.")

    def _find(self, code: str, message: str, node: yaml.Node, loc: Loc, remedy: str = "") -> None:
        place = _place(self.file, node.start_mark)
        self.findings.append(Finding(code, message, remedy, loc, place))
