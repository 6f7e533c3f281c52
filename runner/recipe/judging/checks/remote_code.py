"""Code from a source runs only as it was read: at one commit, in a package, or on this machine."""

import re
from collections.abc import Iterator

from runner.findings import Finding
from runner.recipe.judging.checks import Subject

_COMMIT = re.compile(r"[0-9a-f]{40}")


def check(subject: Subject) -> Iterator[Finding]:
    """Find code that is trusted though a branch or tag may bring other code tomorrow."""
    recipe = subject.recipe
    if not recipe.trust_remote_code:
        return
    sources = {("source",): recipe.source}
    sources |= {("components", n): s for n, s in recipe.components.given().items()}
    for loc, source in sources.items():
        revision = str(getattr(source, "revision", ""))
        if getattr(source, "kind", "") == "hub" and not _COMMIT.fullmatch(revision):
            message = (
                f"`trust_remote_code: true` with revision {revision} would run any later code."
            )
            remedy = "Read the code, and pin `revision` to its commit, 40 hexadecimal digits."
            yield Finding("unpinned-code", message, remedy, (*loc, "revision"))
