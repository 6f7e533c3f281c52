"""The sources of a recipe can be had, as far as can be told without a network."""

from collections.abc import Iterator

from runner.findings import Finding, Loc
from runner.recipe.judging.checks import Subject
from runner.sources import Source


def check(subject: Subject) -> Iterator[Finding]:
    """Ask each source what is wrong with it."""
    recipe = subject.recipe
    sources: dict[Loc, Source] = {("source",): recipe.source}
    sources |= {("components", name): source for name, source in recipe.components.given().items()}
    if recipe.adapter:
        sources["adapter",] = recipe.adapter
    for loc, source in sources.items():
        folder = subject.folder_of((*loc, source.path_field))
        part = str(loc[-1]).replace("source", "model")
        yield from (finding.under(*loc) for finding in source.check(folder, part))
