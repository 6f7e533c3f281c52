"""Severities as a repository has them: changes that it takes for graver, or accepts, and why."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from runner.findings import Finding, Loc, Place, RecipeError
from runner.recipe.reading.strict_yaml import Document, read
from runner.review.review import SEVERITIES, Review, Reviewed
from runner.review.rules import RULES, Change, Impact
from runner.text.spelling import did_you_mean

_CODES: Mapping[str, str] = MappingProxyType(
    {"extra_forbidden": "unknown-key", "missing": "missing-key"}
)


def _known(rule: object) -> object:
    if rule not in RULES:
        raise ValueError(f"{rule} is no rule of review. {did_you_mean(rule, RULES)}".strip())
    return rule


def _severity(name: object) -> Impact:
    try:
        return Impact(str(name))
    except ValueError:
        known = ", ".join(Impact)
        raise ValueError(f"{name} is no class of change: write one of {known}") from None


def _day(text: object) -> object:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else text
    except ValueError:
        raise ValueError(f"{text} is no day: write it as 2026-12-31") from None


class Override(BaseModel):
    """What a kind of change counts as.

    Args:
        rule: Name of the rule.
        severity: The class that its changes have: ``breaking``, ``behaviour``, ``cost`` or
            ``cosmetic``.
        reason: Why.
        expires: The last day that it holds; for good where absent.
        recipe: Names of recipes that it is for, with ``*`` for anything.
        field: Fields that it is for, likewise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    rule: Annotated[str, BeforeValidator(_known)]
    severity: Annotated[Impact, BeforeValidator(_severity)]
    reason: str = Field(min_length=1)
    expires: Annotated[date | None, BeforeValidator(_day)] = None
    recipe: str = "*"
    field: str = "*"

    def is_for(self, recipe: str, change: Change) -> bool:
        """Say whether it is for a change.

        Args:
            recipe: Name of the recipe.
            change: The change.
        """
        fits = fnmatchcase(recipe, self.recipe) and fnmatchcase(change.field, self.field)
        return self.rule == change.rule and fits


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    severities: list[Override]


@dataclass(frozen=True)
class Severities:
    """The severities of a repository.

    Args:
        held: Those that hold.
        expired: Those that do so no more.
    """

    held: tuple[Override, ...] = ()
    expired: tuple[Override, ...] = ()


def read_severities(tree: Path, today: date | None = None) -> Severities:
    """Read the severities of a side.

    Args:
        tree: The folder with its files.
        today: The day; of today where absent.

    Raises:
        RecipeError: The file is wrong; with everything that is, each with its place.
    """
    if not (tree / SEVERITIES).is_file():
        return Severities()
    document = read(tree / SEVERITIES)
    try:
        found = _File.model_validate(document.values).severities if not document.findings else []
    except ValidationError as error:
        raise RecipeError(_explained(error, document)) from error
    if document.findings:
        raise RecipeError(replace(f, place=_shown(f.place)) for f in document.findings)
    now = today or datetime.now(UTC).date()
    over = tuple(one for one in found if one.expires and one.expires < now)
    return Severities(tuple(one for one in found if one not in over), over)


def with_severities(found: Review, severities: Severities) -> Review:
    """Give a review in which changes have the severities of the repository.

    Args:
        found: The review.
        severities: The severities; of several for a change the first one counts.
    """
    recipes = [
        replace(one, changes=tuple(_ordered(_changed(one, severities.held))))
        for one in found.recipes
    ]
    recipes.sort(key=lambda one: (one.impact.rank, one.name))
    return replace(found, recipes=tuple(recipes))


def _changed(one: Reviewed, overrides: Iterable[Override]) -> Iterator[Change]:
    for change in one.changes:
        chosen = next((o for o in overrides if o.is_for(one.name, change)), None)
        yield (
            change
            if chosen is None
            else replace(
                change, taken_for=chosen.severity, reason=chosen.reason, until=_until(chosen)
            )
        )


def _until(override: Override) -> str:
    return override.expires.isoformat() if override.expires else ""


def _ordered(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: change.impact.rank)


def _explained(error: ValidationError, document: Document) -> list[Finding]:
    return [_finding(details, document) for details in error.errors(include_url=False)]


def _finding(details: Any, document: Document) -> Finding:
    loc: Loc = tuple(details["loc"])
    said = str(details["msg"]).removeprefix("Value error, ")
    where = loc
    while where not in document.places:
        where = where[:-1]
    message = f"`{'.'.join(map(str, loc))}`: {said[:1].lower()}{said[1:].rstrip('.')}."
    code = _CODES.get(str(details["type"]), "unknown-value")
    return Finding(
        code, message, "docs/review.md says what it takes.", loc, _shown(document.places[where])
    )


def _shown(place: Place | None) -> Place | None:
    return place and replace(place, file=SEVERITIES)
