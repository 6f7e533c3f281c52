"""The values of a point, put into the recipe that it is a point of, and nothing else changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import StorageError, WrongInput
from runner.findings import Loc, RecipeError
from runner.recipe.compose import compose, naming
from runner.recipe.reading.editing import NotEditable, with_values
from runner.recipe.reading.replacing import replace_text
from runner.recipe.reading.shelf import own_roots
from runner.records import RunRecord

_ALONE = "--no-write promotes the model alone."


@dataclass(frozen=True)
class Change:
    """What is changed of a recipe's file.

    Args:
        file: The file, absolute.
        before: What it says.
        after: What it is to say.
        values: What stands at each dotted path then.
    """

    file: Path
    before: str
    after: str
    values: Mapping[str, Any]

    def make(self, config_dirs: Sequence[Path], name: str, wanted: str) -> None:
        """Write the file, and see that the recipe is the point by then.

        Args:
            config_dirs: More folders of recipes.
            name: Name of the recipe.
            wanted: Digest of the point.

        Raises:
            NotEditable: The file says so, and the recipe would still not be the point; the file is
                as it was.
            StorageError: It cannot be written; it is as it was.
        """
        write(self.file, self.after)
        try:
            done = compose([naming(name)], config_dirs).digest == wanted
        except RecipeError:
            done = False
        if not done:
            write(self.file, self.before)
            raise NotEditable(
                f"{self.file} cannot be made the point by setting its values.", _ALONE
            )


def change_of(record: RunRecord, config_dirs: Sequence[Path]) -> Change | str:
    """Say what is to be changed of a recipe so that it is a point of it.

    Args:
        record: The record of the point.
        config_dirs: More folders of recipes.

    Returns:
        The change; in words why there is none, where the point is the recipe as it is, or the
        recipe is not the user's own.

    Raises:
        WrongInput: The recipe has changed since the run, or a value cannot be set in its file.
        RecipeError: The recipe is not there, or is wrong by now.
    """
    if not record.overrides:
        return ""
    usual = compose([naming(record.recipe)], config_dirs)
    wanted = compose([naming(record.recipe), *record.overrides], config_dirs)
    if wanted.digest != record.digest:
        message = f"{record.recipe} has changed since the run: {record.point} is another by now."
        raise WrongInput("recipe-changed", message, f"Run the point again. {_ALONE}")
    if not any(usual.file.is_relative_to(root) for root in own_roots(config_dirs)):
        said = " ".join(record.overrides)
        return f"{usual.file} is no recipe of yours, and is left: extend it, and say {said}"
    values = dict(_differing(usual.values, wanted.values))
    for loc, value in values.items():
        if isinstance(value, str) and Path(value).exists() and usual.file.parent != Path.cwd():
            message = (
                f"`{'.'.join(map(str, loc))}` is a path, and relative to another folder there."
            )
            raise WrongInput("not-editable", message, f"Change it by hand. {_ALONE}")
    before = _text(usual.file)
    named = {".".join(map(str, loc)): value for loc, value in values.items()}
    if not values:
        return f"{usual.file} says so already"
    return Change(usual.file, before, with_values(before, values), named)


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{file} cannot be read: {error}", "Check it.") from error


def write(file: Path, text: str) -> None:
    """Write a recipe's file.

    Args:
        file: The file.
        text: What it is to say.

    Raises:
        StorageError: It cannot be written.
    """
    try:
        replace_text(file, text)
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror or error}"
        raise StorageError(message, "Check its permissions.") from error


def _differing(
    usual: Mapping[str, Any], wanted: Mapping[str, Any], around: Loc = ()
) -> Iterator[tuple[Loc, Any]]:
    """Give what is to stand where, at the innermost places that say all of the difference."""
    for key, value in wanted.items():
        loc, before = (*around, key), usual.get(key)
        if isinstance(value, dict) and isinstance(before, dict) and not before.keys() - value:
            yield from _differing(before, value, loc)
        elif key not in usual or repr(before) != repr(value):
            yield loc, value
    for key in usual.keys() - wanted.keys():
        yield (*around, key), None
