"""The recipe folders, in the order they are searched: recipes by name."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.findings import Finding, RecipeError
from runner.recipe.reading.shipped import shipped
from runner.recipe.reading.strict_yaml import display_name
from runner.spelling import nearest, one_of

SUFFIX = ".yaml"
FOLDER = "recipes"
LOCK_SUFFIX = ".lock.yaml"
_SEGMENT = re.compile(r"\w[\w .+-]*")
_FEW = 5


@dataclass(frozen=True)
class Shelf:
    """Folders of recipes, searched in order.

    Args:
        roots: Absolute folders; a recipe's name is its path under one of them.
    """

    roots: tuple[Path, ...]

    def find(self, name: str) -> Path | None:
        """Give the file of a recipe, or None; a name never leads out of the folders.

        Args:
            name: Name such as ``text-generation/scratch``.
        """
        return next((file for root in self.roots if (file := find_under(root, name))), None)

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
        name = file.absolute().relative_to(root).with_suffix("").as_posix()
        return Shelf((root, *(r for r in self.roots if r != root))), name

    def suggest(self, name: str) -> str:
        """Give a sentence that helps someone who wrote a name no recipe has.

        Args:
            name: What was written.
        """
        names = self.names()
        by_last = [n for n in names if n.rsplit("/", 1)[-1] in nearest(name, [_last(n)])]
        near = nearest(name, names) or by_last
        if near:
            return f"Did you mean {one_of(near[:_FEW])}?"
        few = ", ".join(f"`{n}`" for n in names[:_FEW])
        return f"There are {few}{' and more' if names[_FEW:] else ''}; see `ls`." if few else ""


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
    return Shelf(tuple(dict.fromkeys((*own_roots(config_dirs), shipped("recipes").resolve()))))


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
    given = [d / FOLDER if (d / FOLDER).is_dir() else d for d in config_dirs]
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
    file = root.joinpath(*segments[:-1], segments[-1] + SUFFIX)
    inside = file.is_file() and file.resolve().is_relative_to(root.resolve())
    return file if inside and not is_lock(file) else None


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
    where = ", ".join(display_name(root) for root in shelf.roots)
    return Finding(
        "unknown-recipe", f"There is no recipe `{name}` in {where}.", shelf.suggest(name)
    )
