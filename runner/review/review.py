"""A review: every recipe that differs between two states of a repository, and what that means."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runner.errors import Exit, RunnerError
from runner.files.temporary import temporary_folder
from runner.findings import Finding
from runner.recipe.sweeping.files import SWEEPS
from runner.review.compare import compare
from runner.review.git import open_repository
from runner.review.renames import renames
from runner.review.rules import Change, Impact, gravest
from runner.review.sides import Layout, Side, Version, is_recipe_file, lay_out
from runner.review.sweeps import sweep_changes, sweeps_of
from runner.review.tree import Note
from runner.text.spelling import distance

WORKING_TREE = "working tree"
_SINCE, _TO = "...", ".."
SEVERITIES = "review.yaml"
"""The file, at the top of the repository, in which it says what changes count as there."""


class NoRecipesError(RunnerError):
    """Neither side has a recipe where recipes are looked for."""

    code = "no-recipes"
    exit = Exit.WRONG_INPUT


@dataclass(frozen=True)
class Reviewed:
    """A recipe that differs.

    Args:
        name: Its name; the old one where it is deleted.
        before: The recipe before; None for a new one.
        after: The recipe after; None for a deleted one.
        files: The files it is made of that differ, from the top of the repository.
        changes: What that means, the gravest first.
        what: What it is: a recipe, or a sweep file.
    """

    name: str
    before: Version | None
    after: Version | None
    files: tuple[str, ...]
    changes: tuple[Change, ...]
    what: str = "recipe"

    @property
    def impact(self) -> Impact:
        """The gravest class among its changes."""
        return gravest(self.changes)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Why it does not compose."""
        return self.after.findings if self.after and self.after.recipe is None else ()


@dataclass(frozen=True)
class Review:
    """What differs between two states of a repository.

    Args:
        before: The side before.
        after: The side after.
        recipes: The recipes that differ, the gravest first.
        unchanged: How many recipes do not.
    """

    before: Side
    after: Side
    recipes: tuple[Reviewed, ...]
    unchanged: int

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is left out of either side."""
        return tuple(dict.fromkeys((*self.before.notes, *self.after.notes)))

    @property
    def impact(self) -> Impact:
        """The gravest class among all changes."""
        return gravest(change for recipe in self.recipes for change in recipe.changes)

    def count(self, impact: Impact) -> int:
        """Count the changes of a class."""
        return sum(c.impact is impact for recipe in self.recipes for c in recipe.changes)


@contextmanager
def two_sides(
    base: str, head: str | None, config_dirs: Sequence[Path] = ()
) -> Generator[tuple[Side, Side]]:
    """Put both sides of a review into folders of their own, for as long as it takes.

    Args:
        base: The revision before; or both, as git has it: ``A..B``, or ``A...B`` for what B
            changes since it left A.
        head: The revision after. Where absent, the working tree is compared with the commit where
            it left ``base``: what this branch changes.
        config_dirs: More folders of recipes, searched before ``./recipes`` and the shipped ones.

    Yields:
        The side before and the side after.

    Raises:
        RunnerError: There is no repository, no such revision, or no recipe.
    """
    repository = open_repository(Path.cwd())
    since = head is None and (_SINCE in base or _TO not in base)
    if head is None and _TO in base:
        base, _, head = base.partition(_SINCE if since else _TO)
        base, head = base or "HEAD", head or "HEAD"
    commit, new = repository.commit(base), repository.commit(head or "HEAD")
    left = repository.merge_base(commit, new) if since else None
    layout = lay_out(repository, config_dirs)
    with temporary_folder("review") as folder:
        trees = [Path(folder).resolve() / name for name in ("before", "after")]
        for tree in trees:
            tree.mkdir()
        old, new = left or commit, new if head else ""
        notes = [_fill(layout, *filled) for filled in zip((old, new), trees, strict=True)]
        parted = left not in (None, commit)
        before = layout.side(base, old, trees[0], parted=parted, notes=notes[0])
        after = layout.side(head or WORKING_TREE, new, trees[1], notes=notes[1])
        if not (before.lineages or after.lineages):
            where = " or ".join(folder or "the top" for folder in layout.inside)
            raise NoRecipesError(
                f"There is no recipe in {where} on either side.",
                "Run it where `recipes/` is, or name its folder with --config-dir.",
            )
        yield before, after


def _fill(layout: Layout, commit: str, tree: Path) -> tuple[Note, ...]:
    """Put the files that a review reads into a folder; of no commit, those of the working tree."""
    repository = layout.repository
    repository.refuse_submodules(commit, layout.folders)
    asked = (*layout.folders, SEVERITIES)
    if commit:
        return repository.extract(commit, asked, tree, is_recipe_file)
    return repository.copy_worktree(asked, tree, is_recipe_file)


def review(before: Side, after: Side) -> Review:
    """Compare every recipe of two sides.

    Args:
        before: The side before.
        after: The side after.
    """
    pairs = list(_pairs(before, after))
    affected = [pair for pair in pairs if not _is_untouched(before, after, *pair)]
    reviewed = [_reviewed(before, after, *pair) for pair in _with_renames(before, after, affected)]
    reviewed += _sweeps(before, after)
    return Review(
        before=before,
        after=after,
        recipes=tuple(sorted(reviewed, key=lambda one: (one.impact.rank, one.name))),
        unchanged=len(pairs) - len(affected),
    )


def _sweeps(before: Side, after: Side) -> Iterator[Reviewed]:
    """Give the sweep files that differ, or whose recipes do; nobody calls one, so none runs."""
    old, new = sweeps_of(before), sweeps_of(after)
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        files = _differing(was.contents if was else {}, now.contents if now else {})
        if not files:
            continue
        changes = list(sweep_changes(was, now))
        own = {f"{SWEEPS}/{name}.yaml" == file[-len(f"{SWEEPS}/{name}.yaml") :] for file in files}
        if not changes and any(own):
            changes = [Change("sweep-rewritten", "sweep")]
        broken = None
        if now and any(change.rule == "sweep-broken" for change in changes):
            place = now.side.shown(str(now.file.document.path))
            broken = Version(name, place, None, now.findings, {}, None)
        if changes:
            yield Reviewed(f"{SWEEPS}/{name}", None, broken, files, tuple(changes), "sweep")


_Pair = tuple[str | None, str | None]


def _pairs(before: Side, after: Side) -> Iterator[_Pair]:
    for name in sorted({*before.lineages, *after.lineages}):
        yield (name if name in before.lineages else None, name if name in after.lineages else None)


def _is_untouched(before: Side, after: Side, was: str | None, now: str | None) -> bool:
    return bool(was and now) and before.contents(str(was)) == after.contents(str(now))


def _with_renames(before: Side, after: Side, pairs: Sequence[_Pair]) -> Iterator[_Pair]:
    """Join a deleted and a new recipe that compose the same, or that git takes for one."""
    gone = {was: before.version(was) for was, now in pairs if was is not None and now is None}
    new = {now: after.version(now) for was, now in pairs if now is not None and was is None}
    joined: dict[str, str] = {}
    moved = renames(before.tree, after.tree) if gone and new else {}
    for was, old in gone.items():
        alike = [
            (_unlike(old, version), distance(was, now), now)
            for now, version in new.items()
            if now not in joined.values() and _is_renamed(old, version, moved)
        ]
        if alike:
            joined[was] = min(alike)[-1]
    for was, now in pairs:
        if was and was in joined and not now:
            yield was, joined[was]
        elif was or now not in joined.values():
            yield was, now


def _is_renamed(old: Version, new: Version, moved: dict[str, str]) -> bool:
    if old.recipe is None or new.recipe is None or old.recipe.task != new.recipe.task:
        return False
    return not _unlike(old, new) or moved.get(old.file) == new.file


def _unlike(old: Version, new: Version) -> bool:
    return old.digest != new.digest


def _reviewed(before: Side, after: Side, was: str | None, now: str | None) -> Reviewed:
    old = before.version(was) if was else None
    new = after.version(now) if now else None
    files = _differing(before.contents(was) if was else {}, after.contents(now) if now else {})
    return Reviewed(now or was or "", old, new, files, tuple(_changes(old, new)))


def _changes(old: Version | None, new: Version | None) -> list[Change]:
    if new is None:
        return [Change("recipe-deleted", "recipe")]
    if old is None:
        return [Change("recipe-added" if new.recipe else "recipe-broken", "recipe")]
    renamed = [Change("recipe-renamed", "recipe", old.name, new.name)]
    changes = [*compare(old, new), *(renamed if old.name != new.name else [])]
    return changes or [Change("recipe-rewritten", "recipe")]


def _differing(old: dict[str, str], new: dict[str, str]) -> tuple[str, ...]:
    return tuple(sorted(file for file in {*old, *new} if old.get(file) != new.get(file)))
