"""Code from a source runs only as it was read: at one commit, in a package, or on this machine."""

from collections.abc import Iterator

from runner.findings import Finding, Loc
from runner.recipe.judging.checks import Subject
from runner.sources import Source


def check(subject: Subject) -> Iterator[Finding]:
    """Find code that is trusted though a branch or tag may bring other code tomorrow."""
    recipe = subject.recipe
    if not recipe.trust_remote_code:
        return
    sources: dict[Loc, Source] = {("source",): recipe.source}
    sources |= {("components", n): s for n, s in recipe.components.given().items()}
    for loc, source in sources.items():
        yield from (finding.under(*loc) for finding in source.check_code())
