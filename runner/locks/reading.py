"""Lock files read: strictly to run by them, forgivingly to review what other versions wrote."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from runner.findings import Finding, Loc, Place, RecipeError
from runner.locks.lock import FORGIVING, Lock
from runner.recipe.reading.strict_yaml import Document, display_name, read

_TEXTS = {"recipe", "kind", "name", "revision", "commit", "license", "sha256", "outputs"}


def read_lock(file: Path) -> Lock | None:
    """Read a lock file to the letter of its format; nothing where there is none.

    Args:
        file: The lock file.

    Raises:
        RecipeError: It is no lock.
    """
    found = _read(file, forgiving=False)
    if not isinstance(found, str):
        return found
    name = display_name(file)
    message = f"{name} is no lock that can be read ({found})."
    remedy = "Take it back from version control, or delete it and lock the recipe again."
    raise RecipeError([Finding("lock-unreadable", message, remedy, place=Place(name))])


def read_any_lock(file: Path) -> Lock | str | None:
    """Read a lock file, whichever version of the runner wrote it.

    Args:
        file: The lock file.

    Returns:
        The lock; a phrase that says why it cannot be read; or nothing where there is none.
    """
    return _read(file, forgiving=True)


def _read(file: Path, *, forgiving: bool) -> Lock | str | None:
    if not file.is_file():
        return None
    document = read(file)
    if document.findings:
        return document.findings[0].message.rstrip(".")
    values = _with_texts(document)
    try:
        if forgiving:
            return Lock.model_validate(values | {"lock": 1}, strict=False, context=FORGIVING)
        return Lock.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")


def _with_texts(document: Document) -> dict[str, Any]:
    """Give the values, where hashes and versions that look like numbers are the text they are."""

    def value(given: Any, loc: Loc) -> Any:
        match given:
            case dict():
                return {key: value(item, (*loc, key)) for key, item in given.items()}
            case list():
                return [value(item, (*loc, number)) for number, item in enumerate(given)]
            case None:
                return None
            case _:
                is_text = loc[-1] in _TEXTS or loc[0] == "packages"
                return document.raw.get(loc, given) if is_text else given

    return value(document.values, ())
