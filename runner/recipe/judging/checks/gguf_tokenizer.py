"""A tokenizer rebuilt from a GGUF file differs from the one the model was trained with."""

from collections.abc import Iterator

from runner.findings import Finding, Severity
from runner.recipe.judging.checks import Subject

_REMEDY = (
    "Put it right with `load: {tokenizer: {eos_token: …, add_bos_token: false, "
    "split_digits: true}}`, or take the tokenizer from elsewhere with `components.tokenizer`."
)


def check(subject: Subject) -> Iterator[Finding]:
    """Warn of a GGUF source whose tokenizer is taken as the file has it."""
    recipe = subject.recipe
    file = recipe.source.gguf
    if not file.casefold().endswith(".gguf"):
        return
    if recipe.components.tokenizer is None and "eos_token" not in recipe.load.tokenizer:
        message = (
            f"The tokenizer rebuilt from {file} adds a beginning token, may take the wrong end "
            "token and does not split digits."
        )
        loc = ("source", recipe.source.gguf_field)
        yield Finding("gguf-tokenizer", message, _REMEDY, loc, severity=Severity.WARNING)
