"""Weights that come quantised: what loading them takes, and what cannot be asked of them."""

from collections.abc import Iterator

from runner.findings import Finding, Severity
from runner.recipe.judging.checks import Subject
from runner.recipe.judging.stored_form import refused
from runner.sources.checkpoint.quantisation import METHODS
from runner.text.spelling import did_you_mean


def check(subject: Subject) -> Iterator[Finding]:
    """Find what quantised weights take, and what cannot be asked of them."""
    recipe = subject.recipe
    source = recipe.source
    found = source.quantisation(subject.folder_of(("source", source.path_field)))
    if found is None:
        return
    loc = ("source", source.name_field)
    if found.method is None:
        message = f"The weights are quantised by `{found.name}`, a method that is not known."
        remedy = did_you_mean(found.name, METHODS) or (
            "transformers would fill the model with random numbers: take other weights."
        )
        yield Finding("quantisation-unknown", message, remedy, loc)
        return
    message = f"The weights are quantised ({found.name}): loading them takes {found.needs}."
    missing = " ".join(found.method.missing)
    remedy = f"pip install {missing}" if missing else "Run it where there is that."
    severity = Severity.WARNING if missing else Severity.NOTE
    yield Finding("quantised-source", message, remedy, loc, severity=severity)
    for field, remedy in refused(recipe, found):
        message = f"`{field}` cannot be applied to weights that are quantised ({found.name})."
        yield Finding("quantised-stays", message, remedy, (field,))
