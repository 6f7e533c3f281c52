"""What the recipes themselves need: packages, libraries, folders."""

from collections import defaultdict
from collections.abc import Iterator

from runner.doctor.diagnosis import Needs, Result, Status
from runner.findings import Severity
from runner.recipe.judging.of_machine import OF_FILES, OF_PACKAGES
from runner.text.wording import counted

_NAMED = 3


def check(needs: Needs) -> Iterator[Result]:
    """Gather what validation found missing here, each thing once with those that need it."""
    wanting: dict[tuple[Status, str, str], list[str]] = defaultdict(list)
    for recipe in needs.recipes:
        for finding in recipe.findings:
            if finding.code in OF_PACKAGES | OF_FILES:
                error = finding.severity is Severity.ERROR
                status = Status.PROBLEM if error else Status.WARNING
                wanting[status, finding.message.rstrip("."), finding.remedy].append(recipe.name)
            elif finding.severity is Severity.ERROR:
                remedy = f"validate {recipe.name} says what."
                wanting[Status.PROBLEM, "it is wrong", remedy] = [recipe.name]
    for (status, message, remedy), names in wanting.items():
        yield Result(status, f"{_list(dict.fromkeys(names))}: {message}", remedy)
    if not wanting:
        count = len(needs.recipes)
        yield Result(Status.OK, f"{counted(count, 'recipe')}, nothing missing")


def _list(names: dict[str, None]) -> str:
    shown = ", ".join(list(names)[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown
