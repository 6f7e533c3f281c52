"""The recipe folders, in the order they are searched: recipes by name."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from runner.findings import Finding, RecipeError
from runner.recipe.reading.shipped import shipped
from runner.recipe.reading.strict_yaml import display_name
from runner.text.spelling import did_you_mean, nearest, one_of

SUFFIX = ".yaml"
FOLDER = "recipes"
GROUPS = "configs"
"""The folder beside ``recipes`` that holds config groups: ``configs/evaluation/quick.yaml``."""
LOCK_SUFFIX = ".lock.yaml"
GOLDEN_SUFFIX = ".golden.jsonl"
_SEGMENT = re.compile(r"\w[\w .+-]*")
_FEW = 5


@dataclass(frozen=True)
class Shelf:
    """Folders of recipes and of config groups, searched in order.

    Args:
        roots: Absolute folders; a recipe's name is its path under one of them.
        groups: Absolute folders; the path under one of them is a group and a name in it.
    """

    roots: tuple[Path, ...]
    groups: tuple[Path, ...] = ()

    def find(self, name: str) -> Path | None:
        """Give the file of a recipe, or None; a name never leads out of the folders.

        Args:
            name: Name such as ``text-generation/scratch``.
        """
        return next((file for root in self.roots if (file := find_under(root, name))), None)

    def find_choice(self, group: tuple[str, ...], name: str) -> Path | None:
        """Give the file of a group by its name, or None.

        Args:
            group: The group, such as ``("evaluation",)``.
            name: The name of the file in it.
        """
        path = "/".join((*group, name))
        return next((file for root in self.groups if (file := find_under(root, path))), None)

    def choices(self, group: tuple[str, ...]) -> list[str]:
        """Give the names of the files of a group, in alphabetical order.

        Args:
            group: The group.
        """
        folders = (root.joinpath(*group) for root in self.groups)
        return sorted({n for folder in folders if folder.is_dir() for n in names_under(folder)})

    def names(self) -> list[str]:
        """Give the names of all recipes, in alphabetical order; bases are left out."""
        return sorted({name for root in self.roots for name in names_under(root)})

    def first(self, file: Path, root: Path | None = None) -> "tuple[Shelf, str]":
        """Put the folder of a recipe file first.

        Args:
            file: The file.
            root: The folder; the nearest ``recipes`` around the file, else its own, where absent.

        Returns:
            The shelf with the file's folder first, and the name of the recipe on it.
        """
        root = root or root_of(file)
        return self.beginning_with(root), name_on(root, file)

    def beginning_with(self, root: Path) -> "Shelf":
        """Put a folder of recipes first, and the groups that belong to it.

        Args:
            root: The folder.
        """
        return shelf_of((root, *self.roots), (groups_beside(root), *self.groups))

    def suggest(self, name: str) -> str:
        """Give a sentence that helps someone who wrote a name no recipe has.

        Args:
            name: What was written.
        """
        written, names = name.removesuffix(SUFFIX), self.names()
        longer = [n for n in names if written.endswith(f"/{n}")]
        by_last = [n for n in names if n.rsplit("/", 1)[-1] in nearest(written, [_last(n)])]
        near = longer or nearest(written, names) or by_last
        if near:
            return f"Did you mean {one_of(near[:_FEW])}?"
        few = ", ".join(f"`{n}`" for n in names[:_FEW])
        return f"There are {few}{' and more' if names[_FEW:] else ''}; see `ls`." if few else ""


def name_on(root: Path, file: Path) -> str:
    """Give the name of a recipe.

    Args:
        root: Its folder.
        file: Its file.
    """
    return file.absolute().relative_to(root).with_suffix("").as_posix()


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def open_shelf(config_dirs: Sequence[Path] = ()) -> Shelf:
    """Give the folders that recipes are looked for in.

    Args:
        config_dirs: Folders the user named: each holds ``recipes/``, or recipes themselves.

    Returns:
        Those, then ``recipes/`` of the working directory, then the recipes that come with the
        runner.

    Raises:
        RecipeError: A folder the user named does not exist.
    """
    roots = (*own_roots(config_dirs), shipped("recipes").resolve())
    own = [d / GROUPS if (d / GROUPS).is_dir() else d for d in config_dirs if is_parent(d)]
    groups = (*own, Path.cwd() / GROUPS, shipped("configs"))
    return shelf_of(roots, (folder.resolve() for folder in groups))


def shelf_of(roots: Iterable[Path], groups: Iterable[Path]) -> Shelf:
    """Make a shelf of folders, each searched once; groups that are not there are left out.

    Args:
        roots: Folders of recipes, in order.
        groups: Folders of config groups, in order.
    """
    there = (folder for folder in groups if folder.is_dir())
    return Shelf(tuple(dict.fromkeys(roots)), tuple(dict.fromkeys(there)))


def is_parent(folder: Path) -> bool:
    """Tell whether a folder holds ``recipes/`` or ``configs/``, or else holds recipes itself."""
    return (folder / FOLDER).is_dir() or (folder / GROUPS).is_dir()


def groups_beside(root: Path) -> Path:
    """Give the folder of config groups that belongs to a folder of recipes."""
    return (root.parent if root.name == FOLDER else root) / GROUPS


def own_roots(config_dirs: Sequence[Path] = ()) -> list[Path]:
    """Give the recipe folders that are the user's: those named, and ``recipes/`` here.

    Args:
        config_dirs: Folders the user named: each holds ``recipes/``, or recipes themselves.

    Raises:
        RecipeError: A folder the user named does not exist.
    """
    missing = [folder for folder in config_dirs if not folder.is_dir()]
    if missing:
        raise RecipeError(
            Finding("no-such-folder", f"--config-dir {folder}: there is no such folder.")
            for folder in missing
        )
    given = [d / FOLDER if is_parent(d) else d for d in config_dirs]
    given = [folder for folder in given if folder.is_dir()]
    own = Path.cwd() / FOLDER
    roots = [*given, *([own] if own.is_dir() else [])]
    return list(dict.fromkeys(root.resolve() for root in roots))


def find_under(root: Path, name: str) -> Path | None:
    """Give the file of a recipe in one folder, or None.

    Args:
        root: The folder.
        name: The recipe's name, with or without ``.yaml``.
    """
    segments = name.removesuffix(SUFFIX).split("/")
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        return None
    # many are asked for: texts are quicker than paths
    path = os.path.join(root, *segments) + SUFFIX
    if path.endswith(LOCK_SUFFIX) or not os.path.isfile(path):
        return None
    folder, name = os.path.split(path)
    lies = os.path.realpath(path) if os.path.islink(path) else os.path.join(_real(folder), name)
    inside = lies.startswith(os.path.join(_real(str(root)), ""))
    return Path(path) if inside else None


@lru_cache(maxsize=4096)
def _real(folder: str) -> str:
    return os.path.realpath(folder)


def names_under(root: Path) -> Iterator[str]:
    """Give the names of the recipes in one folder; bases (``_name.yaml``) are left out."""
    for file in files_under(root):
        if not is_base(file):
            yield file.relative_to(root).with_suffix("").as_posix()


def files_under(root: Path) -> Iterable[Path]:
    """Give every recipe file in a folder, bases included, in alphabetical order."""
    return sorted(
        file
        for file in root.rglob(f"*{SUFFIX}")
        if not is_lock(file)
        and not any(part.startswith(".") for part in file.relative_to(root).parts)
        and file.is_file()
    )


def is_base(file: Path) -> bool:
    """Tell whether a recipe file only exists for others to extend: ``_name.yaml``."""
    return file.name.startswith("_")


def is_lock(file: Path) -> bool:
    """Tell whether a file is the lock of a recipe: ``name.lock.yaml``."""
    return file.name.endswith(LOCK_SUFFIX)


def not_a_recipe(lock: Path) -> Finding:
    """Make the finding for a lock that is given as a recipe.

    Args:
        lock: The lock file.
    """
    recipe = lock.name.removesuffix(LOCK_SUFFIX) + SUFFIX
    return Finding("not-a-recipe", f"{lock} is a lock, not a recipe.", f"Name {recipe}.")


def root_of(file: Path, otherwise: Path | None = None) -> Path:
    """Give the folder a recipe's name is relative to: the nearest ``recipes`` around it.

    Args:
        file: The recipe file.
        otherwise: The folder where there is no ``recipes``; the file's own where absent.
    """
    folder = file.absolute().parent
    around = (p for p in (folder, *folder.parents) if p.name == FOLDER)
    return next(around, (otherwise or folder).absolute())


def unknown_recipe(shelf: Shelf, name: str) -> Finding:
    """Make the finding for a name that no recipe has.

    Args:
        shelf: Where it was looked for.
        name: What was written.
    """
    if outside := _link(shelf.roots, name):
        message = f"`{name}` is a link to a file outside {display_name(outside)}, which is no part."
        return Finding("unknown-recipe", message, "Put the file itself there.")
    if name in shelf.names():
        message = f"`{name}` is there, and is no name that a recipe may have."
        return Finding("unknown-recipe", message, "Rename it: letters, digits, spaces and `_.+-`.")
    where = ", ".join(display_name(root) for root in shelf.roots)
    return Finding(
        "unknown-recipe", f"There is no recipe `{name}` in {where}.", shelf.suggest(name)
    )


def unknown_choice(shelf: Shelf, group: tuple[str, ...], name: str) -> Finding:
    """Make the finding for a name that no file of a group has.

    Args:
        shelf: Where it was looked for.
        group: The group.
        name: What was written.
    """
    path, known = "/".join(group), shelf.choices(group)
    if outside := _link(shelf.groups, f"{path}/{name}"):
        message = f"`{name}` is a link to a file outside {display_name(outside)}, which is no part."
        return Finding("unknown-group", message, "Put the file itself there.")
    folders = [f"{display_name(root)}/{path}" for root in shelf.groups]
    message = f"There is no `{name}` in {', '.join(folders) or f'{GROUPS}/{path}'}."
    remedy = did_you_mean(name, known) or (f"There is {one_of(known)}." if known else "")
    return Finding("unknown-group", message, remedy)


def _link(roots: Iterable[Path], name: str) -> Path | None:
    """Give the folder in which a name is a link that leads out of it."""
    return next((root for root in roots if os.path.islink(root / f"{name}{SUFFIX}")), None)


def golden_file_of(recipe: Path) -> Path:
    """Give the file of a recipe's golden answers: ``name.golden.jsonl`` beside it."""
    return recipe.with_name(recipe.stem + GOLDEN_SUFFIX)
