"""Keys of ``params`` and ``model_config``: the pipeline takes them, and none shadows another."""

from collections.abc import Iterator

from runner.findings import Finding, Severity
from runner.recipe.judging.checks import Subject
from runner.spelling import did_you_mean
from runner.tasks import Task
from runner.tasks.base import Column
from runner.tasks.installed import accepted_arguments

_RUN_CODE = ("trust_remote_code", "custom_generate")
_OF_MLFLOW = ("include_prompt", "collapse_whitespace")
_OF_EXTENDED = {"seed", "device", "dtype", "batch_tokens", "return_scores"}
_OF_EMBEDDINGS = {"pooling", "normalize"}
_OF_GENERATION = {"stop"}


def check(subject: Subject) -> Iterator[Finding]:
    """Find arguments that no predict takes, that shadow each other, or that run code."""
    recipe = subject.recipe
    known = _accepted(subject.task, recipe.pyfunc)
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
            elif known and name not in known:
                message = f"`{block}.{name}` is not an argument that {subject.task.name} takes."
                remedy = did_you_mean(name, known) or "Leave it out."
                yield Finding("unknown-argument", message, remedy, (block, name))


def _accepted(task: Task, pyfunc: str) -> frozenset[str]:
    """Give the arguments a predict of the task may name; nothing where that is not known."""
    known = accepted_arguments(task.pipeline_task)
    if known and task.pipeline_task == "text-generation":
        known |= {*_OF_MLFLOW}
    if known and pyfunc == "extended":
        known |= _OF_EXTENDED
        known |= _OF_EMBEDDINGS if task.pipeline_task == "feature-extraction" else set()
        known |= _OF_GENERATION if "max_new_tokens" in known else set()
        known |= {"top_k"} if task.name.endswith("classification") else set()
    if known and task.mlflow_schema:
        known |= {entry.name for entry in task.inputs if isinstance(entry, Column)}
    return known
