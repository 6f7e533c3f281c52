"""Packages compared: pins in a recipe and versions in its lock."""

from collections.abc import Iterator

from runner.recipe.language.models import Recipe
from runner.review.rules import ABSENT, Change


def compare_requirements(before: Recipe, after: Recipe) -> Iterator[Change]:
    """Compare what two recipes ask of the environment.

    Args:
        before: The recipe before.
        after: The recipe after.
    """
    was, now = (_by_name(recipe.requirements.extra) for recipe in (before, after))
    for name in dict.fromkeys([*was, *now]):
        if was.get(name) != now.get(name):
            yield package_change(f"requirements.extra.{name}", was.get(name), now.get(name))
    for field, rule in (("conda", "package-set"), ("channels", "environment-changed")):
        old, new = (getattr(recipe.requirements, field) for recipe in (before, after))
        if old != new:
            yield Change(rule, f"requirements.{field}", old, new)


def package_change(field: str, was: str | None, now: str | None) -> Change:
    """Give the change that another version of a package is.

    Args:
        field: What to call it.
        was: Its version before; None where it was not there.
        now: Its version after; None where it is not there.
    """
    if was is None or now is None:
        return Change("package-set", field, _said(was), _said(now))
    is_major = _promise(was) != _promise(now) or _promise(was) is None
    return Change("package-major" if is_major else "package-moved", field, was, now)


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
