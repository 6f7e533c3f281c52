"""A recipe is read by everybody: what has the form of a secret does not belong in it."""

from collections.abc import Iterator
from typing import Any

from runner.findings import Finding, Loc, Severity
from runner.recipe.judging.checks import Subject
from runner.text.secrets import has_form_of_secret


def check(subject: Subject) -> Iterator[Finding]:
    """Warn of texts with a token, or with an address that says who asks; none is shown."""
    values = subject.recipe.model_dump(exclude_unset=True, by_alias=True)
    for loc in _places(values, ()):
        message = f"`{'.'.join(map(str, loc))}` holds what has the form of a token or a password."
        remedy = (
            "Take it out, and have who gave it give another one: records and reports mask it, but "
            "the model keeps what the recipe says, and version control keeps the recipe."
        )
        yield Finding("secret-in-recipe", message, remedy, loc, severity=Severity.WARNING)


def _places(value: Any, loc: Loc) -> Iterator[Loc]:
    match value:
        case dict():
            for key, item in value.items():
                yield from _places(item, (*loc, key))
        case list() | tuple():
            for index, item in enumerate(value):
                yield from _places(item, (*loc, index))
        case str() if has_form_of_secret(value):
            yield loc
        case _:
            pass
