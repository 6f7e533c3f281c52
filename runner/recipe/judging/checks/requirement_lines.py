"""Extra requirements are lines that pip can read, from a package index."""

from collections.abc import Iterator

from runner.findings import Finding
from runner.recipe.judging.checks import Subject

_LOC = ("requirements", "extra")
_REMEDY = "Write a name with its pin, such as sentencepiece==0.2.0."


def check(subject: Subject) -> Iterator[Finding]:
    """Find lines that pip would refuse, or that would fetch code from an address."""
    if not subject.recipe.requirements.extra:
        return
    from packaging.requirements import InvalidRequirement, Requirement

    for number, line in enumerate(subject.recipe.requirements.extra):
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            why = str(error).partition("\n")[0]
            message = f"`{line}` is not a requirement: {why}."
            yield Finding("bad-requirement", message, _REMEDY, (*_LOC, number))
            continue
        if requirement.url:
            message = f"`{line}` would install from an address."
            yield Finding("bad-requirement", message, _REMEDY, (*_LOC, number))
