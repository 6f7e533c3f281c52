"""Lineage: a recipe and the recipes it extends, in the order their values are put together."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from runner.findings import Finding, Place
from runner.recipe.reading.policy import bases, forbidden
from runner.recipe.reading.shelf import Shelf, unknown_recipe
from runner.recipe.reading.strict_yaml import Document, read

_LONGEST = 100
_GROUP = "/recipe/"


@dataclass(frozen=True)
class Lineage:
    """A recipe and what it extends.

    Args:
        name: The recipe's name.
        documents: Its files in merge order: the later one's values win.
        findings: What is wrong with any of the files before their values are looked at.
    """

    name: str
    documents: tuple[Document, ...]
    findings: tuple[Finding, ...]


def trace(shelf: Shelf, name: str, asked_at: Place | None = None) -> Lineage:
    """Read a recipe and all it extends.

    Args:
        shelf: Where recipes are.
        name: The recipe's name.
        asked_at: Where it was named.
    """
    walk = _Walk(shelf)
    walk.visit(name, asked_at or Place("command line"), ())
    return Lineage(name, tuple(walk.documents), tuple(dict.fromkeys(walk.findings)))


def absolute(entry: str, name: str) -> str:
    """Turn an entry of a defaults list into a recipe name.

    Args:
        entry: ``/recipe/text/base``, or a name relative to the recipe's own folder.
        name: The name of the recipe whose list it is in.
    """
    if entry.startswith(_GROUP):
        return entry.removeprefix(_GROUP)
    return str(PurePosixPath(name).parent / entry)


class _Walk:
    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.documents: list[Document] = []
        self.findings: list[Finding] = []

    def visit(self, name: str, asked_at: Place, through: tuple[str, ...]) -> None:
        if name in through:
            chain = " → ".join((*through, name))
            message = f"The recipes extend each other in a circle: {chain}."
            self.findings.append(Finding("recipe-circle", message, place=asked_at))
            return
        if len(through) + len(self.documents) >= _LONGEST:
            message = f"`{name}` is one of more than {_LONGEST} recipes extended."
            self.findings.append(Finding("recipe-circle", message, place=asked_at))
            return
        file = self.shelf.find(name)
        if file is None:
            self.findings.append(unknown_recipe(self.shelf, name).at(asked_at))
            return
        document = read(file)
        entries, findings = bases(document)
        self.findings += [*document.findings, *forbidden(document), *findings]
        for entry in entries:
            if entry == "_self_":
                self.documents.append(document)
                continue
            places = document.places
            index = document.values["defaults"].index(entry)
            self.visit(absolute(entry, name), places[("defaults", index)], (*through, name))
