"""Lineage: the files that make a recipe, in the order their values are put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from runner.findings import Finding, Loc, Place
from runner.recipe.composing.defaults import Extends, Takes, defaults_of
from runner.recipe.composing.layers import Part
from runner.recipe.reading.policy import forbidden
from runner.recipe.reading.shelf import Shelf, unknown_choice, unknown_recipe
from runner.recipe.reading.strict_yaml import Document, read

Group = tuple[str, ...]
"""The path of a block whose files are a config group: ``("evaluation",)``."""

_LONGEST = 100


@dataclass(frozen=True)
class Choice:
    """What the command line chooses of a group.

    Args:
        text: What was typed.
        group: The group.
        names: The files; none to take the group out.
        adds: Whether it is added, or changes a choice that a recipe makes.
        place: Where it was chosen.
    """

    text: str
    group: Group
    names: tuple[str, ...]
    adds: bool
    place: Place


@dataclass(frozen=True)
class Lineage:
    """The files that make a recipe.

    Args:
        name: The recipe's name.
        parts: Its files in merge order: the later one's values win.
        findings: What is wrong with any of the files before their values are looked at.
        file: The recipe's own file; None where there is none, and for a block.
    """

    name: str
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]
    file: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files, each once."""
        return tuple(dict.fromkeys(part.document.path for part in self.parts))

    @property
    def is_readable(self) -> bool:
        """Whether all that the files say is known."""
        return all(finding.code != "unreadable-yaml" for finding in self.findings)


def trace(
    shelf: Shelf, name: str, asked_at: Place, choices: Mapping[Group, Choice] | None = None
) -> Lineage:
    """Read a recipe, all it extends, and the groups that are taken.

    Args:
        shelf: Where recipes and groups are.
        name: The recipe's name.
        asked_at: Where it was named.
        choices: What the command line chooses of groups, by group.
    """
    walk = _Walk(shelf)
    file = walk.visit(name, asked_at, ())
    walk.choose(choices or {})
    parts = [part for item in walk.items for part in walk.parts_of(item)]
    return Lineage(name, tuple(parts), tuple(dict.fromkeys(walk.findings)), file)


def trace_block(shelf: Shelf, group: Group, name: str, asked_at: Place) -> Lineage:
    """Read a file of a group, and the files of the group that it extends.

    Args:
        shelf: Where groups are.
        group: The group.
        name: The name of the file in it.
        asked_at: Where it was named.
    """
    walk = _Walk(shelf)
    parts = walk.parts_of(_Taken(group, (name,), asked_at))
    return Lineage("/".join((*group, name)), tuple(parts), tuple(dict.fromkeys(walk.findings)))


@dataclass(frozen=True)
class _Taken:
    """A group taken, at its place in the merge order."""

    group: Group
    names: tuple[str, ...]
    place: Place


@dataclass
class _Walk:
    shelf: Shelf
    items: list[Part | _Taken] = field(default_factory=list[Part | _Taken])
    findings: list[Finding] = field(default_factory=list[Finding])
    replaced: dict[Group, tuple[int, _Taken]] = field(
        default_factory=dict[Group, tuple[int, _Taken]]
    )

    def _find(self, code: str, message: str, remedy: str, place: Place) -> None:
        self.findings.append(Finding(code, message, remedy, place=place))

    def visit(self, name: str, asked_at: Place, through: tuple[str, ...]) -> Path | None:
        """Read a recipe after the ones it extends; give its file, if there is one."""
        if not self._goes_on(name, asked_at, through, len(self.items)):
            return None
        file = self.shelf.find(name)
        if file is None:
            self.findings.append(unknown_recipe(self.shelf, name).at(asked_at))
            return None
        document = self._read(file, ())
        entries, findings = defaults_of(document)
        self.findings += findings
        for entry in entries:
            match entry:
                case None:
                    self.items.append(Part(document))
                case Extends():
                    base, place = _absolute(entry.name, name), document.places[entry.loc]
                    self.visit(base, place, (*through, name))
                case Takes():
                    self._take(entry, document.places[entry.loc], len(through))
        return file

    def _goes_on(self, name: str, asked_at: Place, through: Sequence[str], count: int) -> bool:
        if name in through:
            chain = " → ".join((*through, name))
            message = f"The recipes extend each other in a circle: {chain}."
            self._find("recipe-circle", message, "", asked_at)
            return False
        if len(through) + count >= _LONGEST:
            message = f"`{name}` is one of more than {_LONGEST} recipes extended."
            self._find("recipe-circle", message, "", asked_at)
            return False
        return True

    def _read(self, file: Path, at: Loc) -> Document:
        document = read(file)
        self.findings += [*document.findings, *forbidden(document, at)]
        return document

    def _take(self, entry: Takes, place: Place, depth: int) -> None:
        taken = _Taken(entry.group, entry.names, place)
        if entry.replaces:
            if depth <= self.replaced.get(entry.group, (depth, taken))[0]:
                self.replaced[entry.group] = depth, taken
        elif earlier := self._taken(entry.group):
            group = _said(entry.group)
            message = f"`{group}` is taken twice; the first is at {earlier.place}."
            remedy = f"Write `override {group}: {', '.join(entry.names)}` to replace it."
            self._find("bad-default", message, remedy, place)
        else:
            self.items.append(taken)

    def _taken(self, group: Group) -> _Taken | None:
        taken = (item for item in self.items if isinstance(item, _Taken))
        return next((item for item in taken if item.group == group), None)

    def choose(self, choices: Mapping[Group, Choice]) -> None:
        """Let later words win: ``override`` over what a base takes, the command line over both."""
        for group, (_, taken) in self.replaced.items():
            if not self._replace(group, taken):
                message = f"`override {_said(group)}` replaces nothing: no recipe below takes it."
                self._find("bad-default", message, "Leave `override` out.", taken.place)
        for group, choice in choices.items():
            earlier, name = self._taken(group), "/".join(group)
            wanted = _Taken(group, choice.names, choice.place)
            if earlier is None and choice.adds:
                self.items.append(wanted)
            elif earlier is None:
                message = f"`{choice.text}`: the recipe takes nothing of the group `{name}`."
                self._find(
                    "unknown-group", message, f"Write `+{choice.text}` to add it.", choice.place
                )
            elif choice.adds:
                message = f"`{choice.text}`: the recipe takes `{name}` already."
                remedy = f"Write `{choice.text.removeprefix('+')}` to take another."
                self._find("unknown-group", message, remedy, choice.place)
            else:
                self._replace(group, wanted)

    def _replace(self, group: Group, taken: _Taken) -> bool:
        there = self._taken(group)
        self.items = [taken if item is there else item for item in self.items]
        return there is not None

    def parts_of(self, item: "Part | _Taken") -> list[Part]:
        """Give a file as it is, and of a group taken the files that were chosen."""
        if isinstance(item, Part):
            return [item]
        parts: list[Part] = []
        for name in item.names:
            self._visit_group(item.group, name, item.place, (), parts)
        return parts

    def _visit_group(
        self, group: Group, name: str, asked_at: Place, through: tuple[str, ...], parts: list[Part]
    ) -> None:
        if not self._goes_on(name, asked_at, through, len(parts)):
            return
        file = self.shelf.find_choice(group, name)
        if file is None:
            self.findings.append(unknown_choice(self.shelf, group, name).at(asked_at))
            return
        document = self._read(file, group)
        entries, findings = defaults_of(document)
        self.findings += findings
        for entry in entries:
            match entry:
                case None:
                    parts.append(Part(document, group))
                case Extends(name=other) if not other.startswith("/"):
                    place = document.places[entry.loc]
                    self._visit_group(group, _absolute(other, name), place, (*through, name), parts)
                case Extends() | Takes():
                    message = f"A file of `{'/'.join(group)}` extends files of that group alone."
                    place = document.places[entry.loc]
                    self._find("bad-default", message, "Name one without a slash before it.", place)


def _absolute(entry: str, name: str) -> str:
    """Turn an entry of a defaults list into a name from the root.

    Args:
        entry: ``/text/base``, or a name relative to the folder of the file.
        name: The name of the file whose list it is in.
    """
    return entry[1:] if entry.startswith("/") else str(PurePosixPath(name).parent / entry)


def _said(group: Group) -> str:
    return f"/{'/'.join(group)}"
