"""Extra requirements are lines that pip and conda can read, from a package index."""

import re
from collections.abc import Iterator

from runner.findings import Finding
from runner.recipe.judging.checks import Subject

_LOC = ("requirements", "extra")
_REMEDY = "Write a name with its pin, such as sentencepiece==0.2.0."
_CONDA = re.compile(r"([A-Za-z0-9_][\w.-]*)([ <>=!~][\w.*+!<>=~,| -]*)?")
_CHANNEL = re.compile(r"(https://)?[\w.-]+(/[\w.-]+)*")
_COMPUTED = ("python", "pip")


def check(subject: Subject) -> Iterator[Finding]:
    """Find lines that pip would refuse, or that would fetch code from an address."""
    yield from _check_conda(subject)
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


def _check_conda(subject: Subject) -> Iterator[Finding]:
    """Find what conda would not read, or would take from an address with a secret in it."""
    for number, line in enumerate(subject.recipe.requirements.conda):
        loc, found = ("requirements", "conda", number), _CONDA.fullmatch(line)
        if found is None:
            message = f"`{line}` is not a package for conda."
            yield Finding("bad-requirement", message, "Write it as ffmpeg=7.", loc)
        elif found[1] in _COMPUTED:
            message = f"`{line}`: {found[1]} is the one that the model is proven with."
            yield Finding("bad-requirement", message, "Leave it out.", loc)
    for number, channel in enumerate(subject.recipe.requirements.channels):
        if not _CHANNEL.fullmatch(channel):
            message = f"`{channel}` is no channel of conda."
            remedy = "Write a name, such as conda-forge, or an https address without a secret."
            yield Finding("bad-requirement", message, remedy, ("requirements", "channels", number))
