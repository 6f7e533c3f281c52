"""Sweep files: where they are looked for, and one of them read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from runner.findings import Finding, Loc, Place
from runner.recipe.judging.explain import explain
from runner.recipe.language.sweep import Sweep
from runner.recipe.reading.shelf import (
    FOLDER,
    SUFFIX,
    Shelf,
    files_under,
    find_under,
    is_parent,
    names_under,
    open_shelf,
)
from runner.recipe.reading.shipped import shipped
from runner.recipe.reading.strict_yaml import Document, display_name, read
from runner.text.spelling import did_you_mean

SWEEPS = "sweeps"
"""The folder beside ``recipes`` that holds sweep files."""
SWEEP = "sweep"
"""What names a sweep file: ``+sweep=smollm2``."""


@dataclass(frozen=True)
class SweepFile:
    """A sweep file as read.

    Args:
        name: Its name: its path under the folder of sweeps.
        root: That folder.
        document: The file.
        sweep: What it says; None where that makes no sweep.
        findings: What is wrong with it by itself, with places.
    """

    name: str
    root: Path
    document: Document
    sweep: Sweep | None
    findings: tuple[Finding, ...]

    def place(self, loc: Loc) -> Place:
        """Give the place of a value, or of the nearest one around it.

        Args:
            loc: Its path in the file.
        """
        while loc not in self.document.places:
            loc = loc[:-1]
        return self.document.places[loc]

    def shelf(self, config_dirs: Sequence[Path] = ()) -> Shelf:
        """Give the folders of the recipes that it means: beside it, after those the user named.

        Args:
            config_dirs: Folders the user named.
        """
        around = self.root.parent if self.root.name == SWEEPS else self.root
        beside = is_parent(around) or self.root.name != SWEEPS
        return open_shelf((*config_dirs, around) if beside else config_dirs)


def roots(config_dirs: Sequence[Path] = ()) -> list[Path]:
    """Give the folders that sweep files are looked for in, in order.

    Args:
        config_dirs: Folders the user named, searched before ``./sweeps`` and the shipped ones.
    """
    own = [folder / SWEEPS for folder in (*config_dirs, Path.cwd())]
    there = (root.resolve() for root in (*own, shipped(SWEEPS)) if root.is_dir())
    return list(dict.fromkeys(there))


def root_around(path: Path) -> Path | None:
    """Give the folder of sweeps that a path is, or lies in; None where it is of recipes.

    Args:
        path: A file or folder.
    """
    absolute = path.absolute()
    for one in (absolute, *absolute.parents):
        if one.name in (SWEEPS, FOLDER):
            return one if one.name == SWEEPS and one.is_dir() else None
    return None


def find_sweep(name: str, config_dirs: Sequence[Path] = ()) -> SweepFile | Finding:
    """Find a sweep file and read it.

    Args:
        name: Its name, or its path where that ends in ``.yaml``.
        config_dirs: Folders the user named, searched before ``./sweeps`` and the shipped ones.

    Returns:
        The file, or the finding that there is none.
    """
    path = Path(name)
    if name.endswith(SUFFIX) and path.is_file():
        return read_sweep_file(path.absolute(), root_around(path) or path.absolute().parent)
    searched = roots(config_dirs)
    for root in searched:
        if file := find_under(root, name):
            return read_sweep_file(file, root)
    known = [one for root in searched for one in names_under(root)]
    where = ", ".join(map(display_name, searched)) or SWEEPS
    few = f"There are {', '.join(f'`{one}`' for one in known[:5])}." if known else ""
    message = f"There is no sweep `{name}` in {where}."
    return Finding("unknown-sweep", message, did_you_mean(name, known) or few)


def sweeps_at(path: Path, config_dirs: Sequence[Path] = ()) -> list[SweepFile]:
    """Read the sweep files that a path stands for; none where it stands for something else.

    Args:
        path: A sweep file, a folder of them, the folder around ``sweeps``, or a sweep's name.
        config_dirs: Folders the user named.
    """
    if path.is_dir():
        folder = (path / SWEEPS if (path / SWEEPS).is_dir() else path).absolute()
        root = root_around(folder)
        return [read_sweep_file(file, root) for file in files_under(folder)] if root else []
    if path.suffix == SUFFIX and path.is_file():
        root = root_around(path)
        return [read_sweep_file(path.absolute(), root)] if root else []
    if path.exists() or open_shelf(config_dirs).find(path.as_posix()):
        return []
    found = find_sweep(path.as_posix(), config_dirs)
    return [found] if isinstance(found, SweepFile) else []


def all_sweeps(config_dirs: Sequence[Path] = ()) -> Iterator[SweepFile]:
    """Read every sweep file; of equal names the first found counts.

    Args:
        config_dirs: Folders the user named, searched before ``./sweeps`` and the shipped ones.
    """
    seen: set[str] = set()
    for root in roots(config_dirs):
        for name in names_under(root):
            if name not in seen and (file := find_under(root, name)):
                seen.add(name)
                yield read_sweep_file(file, root)


def read_sweep_file(file: Path, root: Path) -> SweepFile:
    """Read a sweep file.

    Args:
        file: The file, absolute.
        root: The folder that its name is relative to.
    """
    document = read(file)
    findings = list(document.findings)
    sweep: Sweep | None = None
    readable = all(finding.code != "unreadable-yaml" for finding in findings)
    if readable:
        try:
            sweep = Sweep.model_validate(document.values)
        except ValidationError as error:
            findings += explain(error, document.values, document.raw, Sweep)
    name = file.relative_to(root).with_suffix("").as_posix()
    unplaced = SweepFile(name, root, document, sweep, ())
    placed = [f if f.place else f.at(unplaced.place(f.loc)) for f in findings]
    return SweepFile(name, root, document, None if placed else sweep, tuple(placed))
