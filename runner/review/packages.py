"""Packages compared: pins in a recipe and versions in its lock."""

from collections.abc import Iterator, Mapping

from runner.recipe.language.models import Recipe
from runner.review.rules import ABSENT, Change


def compare_requirements(before: Recipe, after: Recipe) -> Iterator[Change]:
    """Compare the extra requirement lines of two recipes.

    Args:
        before: The recipe before.
        after: The recipe after.
    """
    was, now = (_by_name(recipe.requirements.extra) for recipe in (before, after))
    yield from compare_packages("requirements.extra", was, now)


def compare_packages(
    field: str, was: Mapping[str, str], now: Mapping[str, str]
) -> Iterator[Change]:
    """Compare versions of packages.

    Args:
        field: What to call them.
        was: Version by name before.
        now: Version by name after.
    """
    for name in dict.fromkeys([*was, *now]):
        old, new = was.get(name), now.get(name)
        here = f"{field}.{name}"
        if old is None or new is None:
            yield Change("package-set", here, _said(old), _said(new))
        elif old != new:
            is_major = _promise(old) != _promise(new) or _promise(old) is None
            yield Change("package-major" if is_major else "package-moved", here, old, new)


def _said(version: str | None) -> object:
    return ABSENT if version is None else version or "any version"


def _by_name(lines: list[str]) -> dict[str, str]:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    found: dict[str, str] = {}
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            found[line] = ""
            continue
        name = canonicalize_name(requirement.name)
        found[name] = line.strip()[len(requirement.name) :].strip()
    return found


def _promise(text: str) -> tuple[int, ...] | None:
    """Give the part of a pinned version that promises the same behaviour; None for no pin."""
    from packaging.version import InvalidVersion, Version

    try:
        release = Version(text.lstrip("=~ ")).release
    except InvalidVersion:
        return None
    return release[:1] if release[0] else release[:2]
