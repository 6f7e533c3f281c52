"""The two sides of a review: the recipes of a revision, or of the working tree, as they compose."""

import os
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from runner.findings import Finding, Loc, Place, RecipeError, Severity, in_order
from runner.locks.lock import Lock, lock_file_of
from runner.locks.reading import read_any_lock
from runner.recipe.assessing import Assessed, assess
from runner.recipe.composing.lineage import Lineage, trace
from runner.recipe.judging.of_machine import OF_FILES, OF_PACKAGES
from runner.recipe.language.digest import digest
from runner.recipe.language.models import Recipe
from runner.recipe.reading.shelf import (
    FOLDER,
    GROUPS,
    SUFFIX,
    Shelf,
    find_under,
    groups_beside,
    is_parent,
    names_under,
    shelf_of,
)
from runner.recipe.reading.shipped import shipped
from runner.recipe.reading.strict_yaml import display_name
from runner.recipe.sweeping.files import SWEEPS
from runner.review.git import Repository
from runner.review.parts import CORPUS_FIELD, DATASET_FIELD, located, located_sources, path_of
from runner.review.tree import Note
from runner.sources import Source, all_kinds
from runner.sources.checkpoint.files import sha256_of

OF_THIS_MACHINE = OF_PACKAGES | OF_FILES | {"no-native"}
"""Findings about where a recipe is looked at, not about what it says."""


@dataclass(frozen=True)
class Version:
    """A recipe as one side has it.

    Args:
        name: Its name.
        file: Its file, from the top of the repository.
        recipe: The recipe; None where it does not compose.
        findings: Why it does not compose.
        folders: For each field that names a path, the folder that the path is relative to, from the
            top of the repository.
        lock: Its lock; why the lock cannot be read; or nothing.
        contents: For each source and dataset in the repository, its files with the names that git
            has for their contents.
    """

    name: str
    file: str
    recipe: Recipe | None
    findings: tuple[Finding, ...]
    folders: Mapping[str, str]
    lock: Lock | str | None
    contents: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The sources by their fields, relative paths from the top of the repository."""
        return located_sources(self.recipe, self.folders) if self.recipe else {}

    @cached_property
    def located(self) -> dict[str, Source | str]:
        """The sources, the dataset and the golden answers by field, from the top likewise."""
        return located(self.recipe, self.file, self.folders) if self.recipe else {}

    @cached_property
    def digest(self) -> str:
        """The digest of what is composed; empty where nothing is."""
        return digest(self.recipe) if self.recipe else ""


@dataclass(frozen=True)
class Side:
    """One side: a folder with the files of a revision, and where recipes are in it.

    Args:
        layout: Where recipes are in the repository.
        label: What people call it: the revision as written, or ``working tree``.
        commit: Its commit; empty for the working tree.
        parted: Whether that is where the other side left the revision, not the revision itself.
        tree: The folder.
        roots: Folders of recipes that are reviewed, in the order they are searched.
        others: Further folders of recipes, the same on both sides.
        groups: Folders of config groups, in the order they are searched.
        notes: What is left out of it.
    """

    layout: "Layout"
    label: str
    commit: str
    parted: bool
    tree: Path
    roots: tuple[Path, ...]
    others: tuple[Path, ...]
    groups: tuple[Path, ...]
    notes: tuple[Note, ...] = ()

    @cached_property
    def shelf(self) -> Shelf:
        """Where recipes and groups are looked for."""
        return shelf_of((*self.roots, *self.others), self.groups)

    @cached_property
    def lineages(self) -> dict[str, Lineage]:
        """Every recipe of the side with the files it is made of."""
        names = {name for root in self.roots for name in names_under(root)}
        return {name: trace(self.shelf, name, Place(name)) for name in sorted(names)}

    def contents(self, name: str) -> dict[str, str]:
        """Give the files a recipe is made of, its lock, weights and data among them, with hashes.

        Args:
            name: The recipe's name.
        """
        files = [*self.lineages[name].files, self._lock_file(name)]
        hashed = {self.shown(str(file)): sha256_of(file) for file in files if file.is_file()}
        parts = self.version(name).contents.values() if self._names_a_path(name) else ()
        return {**hashed, **{path: blob for one in parts for path, blob in one.items()}}

    def _names_a_path(self, name: str) -> bool:
        places = (loc for part in self.lineages[name].parts for loc in part.document.places)
        return any(loc[-1] in {*_path_fields(), "golden", "metrics"} for loc in places if loc)

    def version(self, name: str) -> Version:
        """Compose a recipe.

        Args:
            name: The recipe's name.
        """
        assessed = assess(self.shelf, name, Place(name))
        wrong = {
            self.as_shown(finding)
            for finding in assessed.findings
            if finding.severity is Severity.ERROR and finding.code not in OF_THIS_MACHINE
        }
        version = Version(
            name=name,
            file=self.shown(str(self._file(name))),
            recipe=None if wrong else assessed.recipe,
            findings=tuple(in_order(wrong)),
            folders=self._folders(assessed),
            lock=read_any_lock(self._lock_file(name)),
        )
        paths = {field: path_of(part) for field, part in version.located.items()}
        contents = {field: self._files_at(path) for field, path in paths.items() if path}
        return replace(version, contents=contents)

    def _files_at(self, path: str) -> Mapping[str, str]:
        if path not in self._known_files:
            contents = self.layout.repository.contents(self.commit, path)
            kept = {file: blob for file, blob in contents.items() if not is_recipe_file(file)}
            self._known_files[path] = kept
        return self._known_files[path]

    @cached_property
    def _known_files(self) -> dict[str, Mapping[str, str]]:
        return {}

    def shown(self, text: str) -> str:
        """Name files in a text from the top of the repository."""
        for tree in (str(self.tree), display_name(self.tree)):
            text = text.replace(f"{tree}/", "")
        return text

    def as_shown(self, finding: Finding) -> Finding:
        """Give a finding with files named from the top of the repository."""
        place = finding.place and replace(finding.place, file=self.shown(finding.place.file))
        message, remedy = self.shown(finding.message), self.shown(finding.remedy)
        return replace(finding, message=message, remedy=remedy, place=place)

    def _file(self, name: str) -> Path:
        found = (file for root in self.shelf.roots if (file := find_under(root, name)))
        return next(found, self.tree / name)

    def _lock_file(self, name: str) -> Path:
        return lock_file_of(self._file(name))

    def _folders(self, assessed: Assessed) -> dict[str, str]:
        data = (DATASET_FIELD, CORPUS_FIELD)
        locs: list[Loc] = [("source",), ("adapter",), *(tuple(f.split(".")) for f in data)]
        components = assessed.values.get("components")
        locs += [("components", name) for name in components] if components else []
        folders: dict[str, str] = {}
        for loc in locs:
            for named in _path_fields():
                if origin := assessed.origins.get((*loc, named)):
                    folders[".".join(map(str, loc))] = self._from_top(origin.folder)
        return folders

    def _from_top(self, folder: Path) -> str:
        inside = folder.is_relative_to(self.tree)
        return posixpath.normpath(str(folder.relative_to(self.tree) if inside else folder))


@cache
def _path_fields() -> frozenset[str]:
    return frozenset(kind.path_field for kind in all_kinds().values() if kind.path_field)


def is_recipe_file(path: str) -> bool:
    """Tell whether a review reads a file: recipes, bases and locks are YAML."""
    return path.endswith(SUFFIX)


@dataclass(frozen=True)
class Layout:
    """Where recipes are, from the top of the repository.

    Args:
        repository: The repository.
        inside: Folders in it that hold recipes, or hold ``recipes/``.
        outside: Folders elsewhere that the user named.
    """

    repository: Repository
    inside: tuple[str, ...]
    outside: tuple[Path, ...]

    @property
    def folders(self) -> tuple[str, ...]:
        """What is read of the repository: the folders, groups and sweeps beside ``recipes``."""
        beside = (
            posixpath.join(posixpath.dirname(folder), other)
            for folder in self.inside
            if posixpath.basename(folder) == FOLDER
            for other in (GROUPS, SWEEPS)
        )
        return tuple(dict.fromkeys((*self.inside, *beside)))

    def side(
        self,
        label: str,
        commit: str,
        tree: Path,
        *,
        parted: bool = False,
        notes: tuple[Note, ...] = (),
    ) -> Side:
        """Find the recipes among the files of a side.

        Args:
            label: What people call the side.
            commit: Its commit; empty for the working tree.
            tree: The folder with its files.
            parted: Whether the commit is where the other side left the revision.
            notes: What is left out of it.
        """
        folders = [tree / folder for folder in self.inside]
        roots = [d / FOLDER if is_parent(d) else d for d in folders]
        own = [self.repository.top / root.relative_to(tree) for root in roots]
        others = [d / FOLDER if is_parent(d) else d for d in self.outside]
        others += [shipped("recipes")] if shipped("recipes").resolve() not in own else []
        there = [root for root in roots if root.is_dir()]
        return Side(
            layout=self,
            label=label,
            commit=commit,
            parted=parted,
            tree=tree,
            roots=tuple(dict.fromkeys(there)),
            others=tuple(others),
            groups=tuple(map(groups_beside, (*roots, *others))),
            notes=notes,
        )


def lay_out(repository: Repository, config_dirs: Sequence[Path]) -> Layout:
    """Find where recipes are: in the folders named, and in ``./recipes``.

    Args:
        repository: The repository.
        config_dirs: Folders the user named; one in the repository may be there on one side only.

    Raises:
        RecipeError: A folder outside the repository does not exist.
    """
    inside: list[str] = []
    outside: list[Path] = []
    for folder in (*config_dirs, Path.cwd() / FOLDER):
        absolute = Path(os.path.abspath(folder)).resolve()
        if absolute.is_relative_to(repository.top):
            relative = absolute.relative_to(repository.top).as_posix()
            inside.append("" if relative == "." else relative)
        elif absolute.is_dir():
            outside.append(absolute)
        else:
            message = f"--config-dir {folder}: there is no such folder."
            raise RecipeError([Finding("no-such-folder", message)])
    return Layout(repository, tuple(dict.fromkeys(inside)), tuple(outside))
