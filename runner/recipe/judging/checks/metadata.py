"""``metadata`` leaves alone what the runner and MLflow keep there themselves."""

from collections.abc import Iterator

from runner.findings import Finding
from runner.recipe.judging.checks import Subject

_KEPT = (
    "inference", "prompt_template", "quantised", "recipe", "recipe_digest", "source_commit",
)  # fmt: skip
_MLFLOW = "mlflow."


def check(subject: Subject) -> Iterator[Finding]:
    """Find keys that are taken."""
    for key in subject.recipe.metadata:
        if key in _KEPT or key.startswith(_MLFLOW):
            message = f"`metadata.{key}` is kept by {'MLflow' if _MLFLOW in key else 'the runner'}."
            yield Finding("reserved-metadata", message, "Take another key.", ("metadata", key))
