"""Files of the recipe's own repository that go into its model: a model card, code."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from runner.findings import Loc
from runner.metrics.own import Own
from runner.recipe.language.models import Recipe

_REPOSITORY = ".git"
_RECIPES = "recipes"
_TOPS = (_RECIPES, "configs")
_LEFT_OUT = ("__pycache__", _REPOSITORY)


@dataclass(frozen=True)
class Beside:
    """A path that a recipe names.

    Args:
        loc: Where the recipe names it.
        written: The path as written.
        path: The path, absolute.
        root: The repository of the recipe; its folder where it is in none.
        top: The folder that a module is imported from.
    """

    loc: Loc
    written: str
    path: Path
    root: Path
    top: Path = Path()

    @property
    def is_inside(self) -> bool:
        """Whether it stays in the repository, and holds no link, which may lead anywhere."""
        real = self.path.resolve()
        inside = real.is_relative_to(self.root.resolve()) and real != self.root.resolve()
        if Path(self.written).is_absolute() or not inside:
            return False
        return not any(one.is_symlink() for one in self.path.rglob("*"))

    @property
    def files(self) -> dict[str, Path]:
        """The files that it stands for, by their path from the folder that holds it."""
        if self.path.is_file():
            return {self.path.name: self.path}
        found = sorted(file for file in self.path.rglob("*") if file.is_file())
        named = {file.relative_to(self.path.parent): file for file in found}
        return {str(name): file for name, file in named.items() if not {*name.parts} & {*_LEFT_OUT}}


def code_of(recipe: Recipe, folder_of: Callable[[Loc], Path]) -> Iterator[Beside]:
    """Give the code that a recipe ships.

    Args:
        recipe: The recipe.
        folder_of: Gives the folder that a relative path written at a place is relative to.
    """
    for number, path in enumerate(recipe.code_paths):
        loc = ("code_paths", number)
        yield _beside(loc, path, folder_of(loc))


def card_of(recipe: Recipe, folder_of: Callable[[Loc], Path]) -> Beside | None:
    """Give the file of a recipe's own model card; None where it has none, or writes its text.

    Args:
        recipe: The recipe.
        folder_of: Gives the folder that a relative path written at a place is relative to.
    """
    loc, given = ("model_card",), recipe.model_card or ""
    is_path = "\n" not in given and given.lower().endswith(".md")
    return _beside(loc, given, folder_of(loc)) if is_path else None


def own_metrics_of(
    recipe: Recipe, folder_of: Callable[[Loc], Path]
) -> Iterator[tuple[Own, Beside]]:
    """Give the metrics of a recipe's own with their files.

    Args:
        recipe: The recipe.
        folder_of: Gives the folder that a relative path written at a place is relative to.
    """
    for number, metric in enumerate(recipe.evaluation.metrics):
        if isinstance(metric, Own):
            loc = ("evaluation", "metrics", number)
            top = _top_of(folder_of(loc).absolute())
            yield metric, replace(_beside(loc, str(metric.file), top), top=top)


def _top_of(folder: Path) -> Path:
    """Give the folder that holds the recipes, or the config groups, around a folder."""
    around = (folder, *folder.parents)
    return next((one.parent for one in around if one.name in _TOPS), folder)


def _beside(loc: Loc, written: str, folder: Path) -> Beside:
    return Beside(loc, written, (folder / written).absolute(), _repository_of(folder.absolute()))


def _repository_of(folder: Path) -> Path:
    around = (folder, *folder.parents)
    if found := next((one for one in around if (one / _REPOSITORY).exists()), None):
        return found
    return next((one.parent for one in around if one.name == _RECIPES), folder)
