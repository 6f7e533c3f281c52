"""The runner's own dependencies are installed, in versions that work together."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from runner.doctor.diagnosis import Needs, Result, Status

_DISTRIBUTION = "recipe-runner"
_TOLD = ("mlflow", "transformers", "torch")


def check(needs: Needs) -> Iterator[Result]:
    """Compare what is installed with what the runner asks for."""
    try:
        wanted = [Requirement(line) for line in requires(_DISTRIBUTION) or ()]
    except PackageNotFoundError:
        message = f"{_DISTRIBUTION} runs from its sources: what it asks for is not known"
        yield Result(Status.WARNING, message, "pip install -e .")
        return
    wrong = [text for one in wanted if not one.marker and (text := _problem(one))]
    for text in wrong:
        yield Result(Status.PROBLEM, text, f"pip install -U {_DISTRIBUTION}")
    if not wrong:
        yield Result(Status.OK, ", ".join(f"{name} {version(name)}" for name in _TOLD))


def _problem(wanted: Requirement) -> str:
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is not installed"
    if wanted.specifier.contains(found, prereleases=True):
        return ""
    return f"{wanted.name} {found} is installed, and {wanted.specifier} is wanted"
