"""Layers: the one place where values are put over values, each with the place that set it last."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.findings import Finding, Loc, Place
from runner.recipe.reading.strict_yaml import Document

OPEN = "???"
"""Written for a value that someone who extends the recipe must give, as in Hydra."""


@dataclass(frozen=True)
class Origin:
    """Where a value was written, and the folder its relative paths are relative to.

    Args:
        place: File, line and column, or the command line.
        folder: The folder of that file; the working directory for the command line.
    """

    place: Place
    folder: Path


@dataclass(frozen=True)
class Part:
    """A file, and where in the recipe its values go.

    Args:
        document: The file as read.
        at: The path of the block that it is; the recipe itself where empty.
    """

    document: Document
    at: Loc = ()

    @property
    def values(self) -> dict[str, Any]:
        """What it says, without its defaults list."""
        return {key: item for key, item in self.document.values.items() if key != "defaults"}

    @property
    def raw(self) -> dict[Loc, str]:
        """The text of unquoted scalars that are not text, by their path in the recipe."""
        return {(*self.at, *loc): text for loc, text in self.document.raw.items()}

    def origin(self, loc: Loc) -> Origin:
        """Give the origin of a value, or of the nearest value around it that is written."""
        loc = loc[len(self.at) :]
        while loc not in self.document.places:
            loc = loc[:-1]
        return Origin(self.document.places[loc], self.document.path.parent)


@dataclass
class Layered:
    """Values and where they are from.

    Args:
        values: The values as a plain mapping.
        origins: Where each was written, by its path.
        raw: The text of unquoted scalars that are not text, as written, by their path.
        findings: What is wrong with the values before their meaning is looked at.
    """

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    origins: dict[Loc, Origin] = field(default_factory=dict[Loc, Origin])
    raw: dict[Loc, str] = field(default_factory=dict[Loc, str])
    findings: list[Finding] = field(default_factory=list[Finding])

    def origin(self, loc: Loc) -> Origin:
        """Give the origin of a value, or of the nearest value around it."""
        while loc and loc not in self.origins:
            loc = loc[:-1]
        return self.origins.get(loc) or Origin(Place("command line"), Path.cwd())


def layer(parts: Sequence[Part]) -> Layered:
    """Put the values of files together.

    Args:
        parts: The files in merge order: the later one's values win.
    """
    layered = Layered()
    for part in parts:
        put = Put(layered, part.origin, part.raw)
        if part.at:
            put.value(part.at, part.values)
        else:
            layered.origins[()] = part.origin(())
            for key, value in part.values.items():
                put.value((key,), value)
    return layered


@dataclass(frozen=True)
class Put:
    """Puts values of one origin over those that are there.

    Mappings merge, anything else replaces; with two exceptions, which make a mapping whole. A block
    that says its ``kind`` stands for itself and replaces the one before it. A param may be said in
    its short form (the default) or its long form; either changes only what it says of the other.

    Args:
        layered: What is there; it is changed.
        origin: Gives the origin of a value by its path.
        raw: The text of unquoted scalars that are not text, by their path.
    """

    layered: Layered
    origin: Callable[[Loc], Origin]
    raw: Mapping[Loc, str] = field(default_factory=dict[Loc, str])

    def value(self, loc: Loc, value: Any) -> None:
        """Put a value at a path; blocks around it that are not there are made.

        Args:
            loc: The path; an index reaches into a list that is there.
            value: The value.
        """
        around: Any = self.layered.values
        for depth, key in enumerate(loc[:-1], 1):
            around = self._inside(around, key, loc[:depth])
        self._set(around, loc[-1], value, loc)

    def _inside(self, around: Any, key: str | int, loc: Loc) -> Any:
        inner = around[key] if _holds(around, key) else None
        if not isinstance(inner, dict | list):
            inner = {"default": inner} if _is_param(loc) and _holds(around, key) else {}
            self._note_short_form(loc, inner)
            around[key] = inner
            self.layered.origins[loc] = self.origin(loc)
        return inner

    def _set(self, around: Any, key: str | int, value: Any, loc: Loc) -> None:
        there = _holds(around, key)
        before = around[key] if there else None
        if value == OPEN and there:
            return
        if isinstance(before, dict) and _is_param(loc) and not isinstance(value, dict):
            self.layered.origins[loc] = self.origin(loc)
            self._set(before, "default", value, (*loc, "default"))
            if loc in self.raw:
                self.layered.raw[*loc, "default"] = self.raw[loc]
            return
        if isinstance(value, dict) and isinstance(before, dict) and "kind" not in value:
            self.layered.origins[loc] = self.origin(loc)
            for name, item in value.items():
                self._set(before, name, item, (*loc, name))
            return
        keeps = isinstance(value, dict) and there and _is_param(loc) and "default" not in value
        short = {"default": before} if keeps and not isinstance(before, dict) else {}
        if short:
            self._note_short_form(loc, short)
        elif there:
            forget(self.layered, loc)
        around[key] = short | self._copied(value, loc) if short else self._copied(value, loc)

    def _note_short_form(self, loc: Loc, long_form: dict[str, Any]) -> None:
        """Let what is known of a short form be known of its default."""
        if "default" in long_form:
            default = (*loc, "default")
            self.layered.origins[default] = self.layered.origins[loc]
            if (text := self.layered.raw.pop(loc, None)) is not None:
                self.layered.raw[default] = text

    def _copied(self, value: Any, loc: Loc) -> Any:
        """Copy a value, and note the origin of all that is in it."""
        self.layered.origins[loc] = self.origin(loc)
        if loc in self.raw:
            self.layered.raw[loc] = self.raw[loc]
        if isinstance(value, dict):
            return {name: self._copied(item, (*loc, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self._copied(item, (*loc, number)) for number, item in enumerate(value)]
        return value


def delete(layered: Layered, loc: Loc) -> None:
    """Take a value out.

    Args:
        layered: What is there; it is changed.
        loc: The path of a value that is there.
    """
    around: Any = layered.values
    for key in loc[:-1]:
        around = around[key]
    del around[loc[-1]]
    forget(layered, loc)


def forget(layered: Layered, loc: Loc) -> None:
    """Drop what is known of the value at ``loc`` and of all inside it."""
    for table in (layered.origins, layered.raw):
        for known in [k for k in table if k[: len(loc)] == loc]:
            del table[known]


def _holds(around: Any, key: str | int) -> bool:
    if isinstance(around, list):
        return isinstance(key, int) and key < len(around)
    return key in around


def _is_param(loc: Loc) -> bool:
    return len(loc) == 2 and loc[0] == "params"
