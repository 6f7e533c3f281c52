"""``params`` and ``model_config``: known arguments, values they take, none shadows another."""

from collections.abc import Iterator, Mapping

from runner.findings import Finding, Loc, Severity
from runner.recipe.judging.checks import Subject
from runner.recipe.judging.values import judged, param_judged
from runner.tasks import Column, Task
from runner.tasks.arguments import EXTENDED, GENERATION, PIPELINE, Argument
from runner.text.spelling import did_you_mean
from runner.upstream.transformers_source import (
    accepted_arguments,
    generation_arguments,
    has_pipeline,
)

_RUN_CODE = ("trust_remote_code", "custom_generate")
_AT_LOAD = {"device", "dtype", "batch_tokens"}
"""What the runner's inference code is told when a model is loaded, and refuses in a call."""


def check(subject: Subject) -> Iterator[Finding]:
    """Find arguments that no predict takes, that shadow each other, or that run code."""
    recipe = subject.recipe
    if not recipe.params and not recipe.inference_config:
        return
    own = _own(subject.task, recipe.pyfunc)
    known = own.keys() | _of_transformers(subject.task)
    values = _values(own, known)
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
            yield from _unknown((block, name), known, subject.task)
    for name, value in recipe.inference_config.items():
        if (argument := values.get(name)) and name in known:
            yield from judged(argument, value, ("model_config", name))
    for name, param in recipe.params.items():
        if (argument := values.get(name)) and name in known:
            yield from param_judged(argument, param, ("params", name))


def _unknown(loc: Loc, known: set[str], task: Task) -> Iterator[Finding]:
    block, name = map(str, loc)
    if name in _RUN_CODE:
        message = f"`{block}.{name}` would run code that is not in the recipe."
        yield Finding("bad-inference-argument", message, "Leave it out.", loc)
    elif block == "params" and name in _AT_LOAD & known:
        message = f"`params.{name}` is set when a model is loaded: no call takes it."
        yield Finding("unknown-argument", message, "Write it in `model_config`.", loc)
    elif name not in known:
        message = f"`{block}.{name}` is not an argument that {task.name} takes."
        remedy = did_you_mean(name, known) or "Leave it out."
        yield Finding("unknown-argument", message, remedy, loc)


def _own(task: Task, pyfunc: str) -> Mapping[str, Argument | None]:
    """Give what inference takes beside the arguments of transformers, as far as it is known."""
    columns = [entry for entry in task.inputs if isinstance(entry, Column)]
    of_requests = {c.name: c.argument for c in columns} if task.mlflow_schema else {}
    if pyfunc == "extended":
        return {**of_requests, **EXTENDED, **task.arguments}
    return {**of_requests, **{k: a for k, a in task.arguments.items() if a.mlflow}}


def _of_transformers(task: Task) -> frozenset[str]:
    """Give the arguments of the pipeline; of ``generate`` where there is no pipeline any more."""
    if has_pipeline(task.pipeline_task):
        return accepted_arguments(task.pipeline_task)
    return generation_arguments() if task.generates else frozenset()


def _values(own: Mapping[str, Argument | None], known: set[str]) -> Mapping[str, Argument | None]:
    """Give what each argument takes; the same word is another argument of ``generate``."""
    generates = "max_new_tokens" in known
    return {**PIPELINE, **(GENERATION if generates else {}), **own}
