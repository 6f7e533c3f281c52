"""What ``params`` and ``model_config`` say together, and what neither may say."""

from collections.abc import Iterator

from runner.findings import Finding, Severity
from runner.recipe.checks import Subject

_RUN_CODE = ("trust_remote_code", "custom_generate")


def check(subject: Subject) -> Iterator[Finding]:
    """Find arguments that shadow each other, or that run code from elsewhere."""
    recipe = subject.recipe
    for name in recipe.params:
        if name in recipe.inference_config:
            message = (
                f"`{name}` is in `params` and in `model_config`: the default in `params` wins."
            )
            remedy = "Keep it in `params` for callers to change, else in `model_config`."
            code, loc = "param-shadows-model-config", ("params", name)
            yield Finding(code, message, remedy, loc, severity=Severity.WARNING)
    for block, names in (("params", recipe.params), ("model_config", recipe.inference_config)):
        for name in names:
            if name in _RUN_CODE:
                message = f"`{block}.{name}` would run code that is not in the recipe."
                yield Finding("bad-inference-argument", message, "Leave it out.", (block, name))
