"""Only weights that everybody can fetch may be left out of the model."""

from collections.abc import Iterator

from runner.findings import Finding
from runner.recipe.checks import Subject


def check(subject: Subject) -> Iterator[Finding]:
    """Find a reference-only recipe whose source is not on the hub."""
    recipe = subject.recipe
    kind = str(getattr(recipe.source, "kind", ""))
    if not recipe.save_pretrained and kind != "hub":
        message = f"`save_pretrained: false` only works for kind: hub, not for kind: {kind}."
        remedy = "Leave it out, so that the weights are stored in the model."
        yield Finding("reference-needs-hub", message, remedy, ("save_pretrained",))
