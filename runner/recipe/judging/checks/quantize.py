"""``quantize`` is for weights that are stored, unmerged, and of a dtype that is rounded to."""

from collections.abc import Iterator

from runner.findings import Finding, Severity
from runner.recipe.judging.checks import Subject


def check(subject: Subject) -> Iterator[Finding]:
    """Find what cannot be said beside it, and a package that it takes."""
    recipe = subject.recipe
    asked = recipe.quantize
    if asked is None:
        return
    beside = {
        "`save_pretrained: false`, which stores no weights": not recipe.save_pretrained,
        "a GGUF file, whose weights are of another quantisation": bool(recipe.source.gguf),
        "`merge: true`, which computes them in full": recipe.merge,
        "`dtype: float64`, which no method takes": recipe.dtype == "float64",
    }
    for what, holds in beside.items():
        if holds:
            message = f"`quantize` cannot be used with {what}."
            yield Finding("bad-quantize", message, "Leave one of them out.", ("quantize",))
    if missing := asked.quantisation.method and asked.quantisation.method.missing:
        message = f"`{asked.method}` takes {', '.join(missing)}, which is not installed."
        remedy = f"pip install {' '.join(missing)}"
        loc = ("quantize", "method")
        yield Finding("quantize-package", message, remedy, loc, severity=Severity.WARNING)
