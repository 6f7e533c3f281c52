"""The library: every known recipe, and every file of a group, listed or validated."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from runner.findings import Finding, Place, Severity, in_order
from runner.recipe.assessing import Assessed, assess, assess_block
from runner.recipe.judging.of_machine import OF_PACKAGES
from runner.recipe.language.schema import is_block_at
from runner.recipe.reading.shelf import (
    FOLDER,
    GROUPS,
    SUFFIX,
    Shelf,
    files_under,
    is_base,
    is_lock,
    name_on,
    not_a_recipe,
    open_shelf,
    root_of,
    shelf_of,
    unknown_recipe,
)
from runner.recipe.reading.shipped import shipped
from runner.recipe.reading.strict_yaml import display_name
from runner.recipe.sweeping.files import SweepFile, root_around, sweeps_at
from runner.recipe.sweeping.files import roots as sweep_roots


@dataclass(frozen=True)
class Validated:
    """What came of validating files.

    Args:
        findings: Everything found, each once, in order of file and line.
        recipes: The recipe files that were looked at, absolute.
        bases: Those that only exist for others to extend.
        blocks: Those that hold a block of a recipe, in a group.
        sweeps: Sweep files.
    """

    findings: list[Finding]
    recipes: tuple[Path, ...]
    bases: tuple[Path, ...]
    blocks: tuple[Path, ...]
    sweeps: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that was looked at."""
        return (*self.recipes, *self.bases, *self.blocks, *self.sweeps)

    @property
    def errors(self) -> int:
        """The number of findings that stop a run."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def own_files(self) -> list[Path]:
        """The files that are the user's: not the ones that an installed runner ships."""
        ours, here = [shipped(name).resolve() for name in ("recipes", "sweeps")], Path.cwd()
        return [
            file
            for file in self.files
            if file.is_relative_to(here) or not any(map(file.is_relative_to, ours))
        ]


def list_recipes(config_dirs: Sequence[Path] = ()) -> list[Assessed]:
    """List every recipe, the broken ones included; of equal names the first found counts.

    Args:
        config_dirs: More folders of recipes, searched before ``./recipes`` and the shipped ones.

    Raises:
        RecipeError: A folder of ``config_dirs`` does not exist.
    """
    shelf = open_shelf(config_dirs)
    found: dict[str, Assessed] = {}
    for root in shelf.roots:
        own_shelf = shelf.beginning_with(root)
        for file in files_under(root):
            name = file.relative_to(root).with_suffix("").as_posix()
            if not is_base(file) and name not in found:
                found[name] = _assess(own_shelf, file, root)
    return [found[name] for name in sorted(found)]


def validate_paths(paths: Sequence[Path], config_dirs: Sequence[Path] = ()) -> Validated:
    """Validate recipe files.

    Args:
        paths: Files, folders of files, or names of recipes; every known recipe where empty.
        config_dirs: More folders of recipes, searched before ``./recipes`` and the shipped ones.

    Returns:
        Every finding of every file. A file whose name starts with ``_`` is a base for others: what
        it leaves open is no finding. Without paths, what a recipe that comes with the runner needs
        and is not installed is a note.

    Raises:
        RecipeError: A folder of ``config_dirs`` does not exist.
    """
    shelf = open_shelf(config_dirs)
    findings: list[Finding] = []
    files: dict[Path, Path] = {}
    blocks: dict[Path, Path] = {}
    sweeps: dict[Path, SweepFile] = {}
    for path in paths or (*shelf.roots, *shelf.groups, *sweep_roots(config_dirs)):
        found = sweeps_at(path, config_dirs)
        sweeps |= {file.document.path: file for file in found}
        if found and not (path.is_dir() and root_around(path) is None):
            continue
        if root := _groups_around(path, shelf):
            blocks |= dict.fromkeys(_blocks(path.absolute(), root), root)
            continue
        chosen = list(_files(path, shelf))
        findings += [item for item in chosen if isinstance(item, Finding)]
        files |= dict(item for item in chosen if not isinstance(item, Finding))
    ours = shipped("recipes").resolve()
    files = {file: root for file, root in files.items() if file not in sweeps}
    shelves = {root: shelf.beginning_with(root) for root in {*files.values()}}
    for file, root in files.items():
        judged = _assess(shelves[root], file, root).findings
        findings += judged if paths or root != ours else map(_noted, judged)
    for file, root in blocks.items():
        findings += _assess_block(shelf, file, root).findings
    findings += _of_sweeps(sweeps.values(), config_dirs)
    return Validated(
        findings=in_order(dict.fromkeys(findings)),
        recipes=tuple(file for file in files if not is_base(file)),
        bases=tuple(file for file in files if is_base(file)),
        blocks=tuple(blocks),
        sweeps=tuple(sweeps),
    )


def _of_sweeps(files: Iterable[SweepFile], config_dirs: Sequence[Path]) -> Iterator[Finding]:
    for file in files:  # Hydra's grammar takes its time to import
        from runner.recipe.sweeping.assessing import judge_sweep

        yield from judge_sweep(file, file.shelf(config_dirs)).findings


def _groups_around(path: Path, shelf: Shelf) -> Path | None:
    """Give the folder of groups that a path is, or lies in."""
    absolute = path.absolute()
    around = (p for p in (absolute, *absolute.parents) if p in shelf.groups or p.name == GROUPS)
    return next(around, None) if path.exists() else None


def _blocks(path: Path, root: Path) -> list[Path]:
    """Give the files that hold a block of a recipe; what else a folder holds is not ours."""
    files = [path] if path.is_file() else files_under(path)
    return [file for file in files if is_block_at(file.relative_to(root).parts[:-1])]


def _noted(finding: Finding) -> Finding:
    """Note what a shipped recipe lacks here that nobody asked for by name."""
    return replace(finding, severity=Severity.NOTE) if finding.code in OF_PACKAGES else finding


def _files(path: Path, shelf: Shelf) -> Iterator[tuple[Path, Path] | Finding]:
    """Give each file a path stands for, with its root, or what is wrong with the path."""
    place = Place(str(path))
    if path.is_dir():
        folder = (path / FOLDER if (path / FOLDER).is_dir() else path).absolute()
        files = [(file, root_of(file, folder)) for file in files_under(folder)]
        message = f"There is no recipe in {display_name(folder)}."
        yield from files or [Finding("no-such-file", message, place=place)]
    elif is_lock(path) and path.is_file():
        yield not_a_recipe(path).at(place)
    elif path.suffix == SUFFIX and path.is_file():
        yield path.absolute(), root_of(path)
    elif path.exists():
        message = f"{path} is not a recipe file."
        yield Finding("no-such-file", message, f"A recipe's name ends in {SUFFIX}.", place=place)
    elif found := shelf.find(path.as_posix()):
        yield found, next(root for root in shelf.roots if found.is_relative_to(root))
    else:
        yield unknown_recipe(shelf, path.as_posix()).at(place)


def _assess(shelf: Shelf, file: Path, root: Path) -> Assessed:
    return assess(shelf, name_on(root, file), Place(display_name(file)), base=is_base(file))


def _assess_block(shelf: Shelf, file: Path, root: Path) -> Assessed:
    own_shelf = shelf_of(shelf.roots, (root, *shelf.groups))
    *group, name = file.relative_to(root).with_suffix("").parts
    return assess_block(own_shelf, tuple(group), name, Place(display_name(file)))
