"""Fields of the recipe language that this version cannot act on yet."""

from collections.abc import Iterator

from runner.findings import Finding
from runner.recipe.checks import Subject


def check(subject: Subject) -> Iterator[Finding]:
    """Find what would otherwise be passed over in silence."""
    recipe = subject.recipe
    asked = {
        "trust_remote_code": (recipe.trust_remote_code, "Use a model that transformers has."),
    }
    for field, (is_asked, remedy) in asked.items():
        if is_asked:
            message = f"`{field}` with this value is not available yet."
            yield Finding("not-available", message, remedy, (field,))
