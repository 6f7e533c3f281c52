"""Rows are asked several times only of a model that draws its answers, and by metrics of each."""

from collections.abc import Iterator

from runner.findings import Finding
from runner.metrics.base import Additive
from runner.recipe.judging.checks import Subject
from runner.recipe.language.models import Recipe

_LOC = ("evaluation", "repeat")


def check(subject: Subject) -> Iterator[Finding]:
    """Find what would be asked again for the same answer, or measured as no mean of answers."""
    recipe, task = subject.recipe, subject.task
    if recipe.evaluation.repeat == 1:
        return
    if recipe.evaluation.dataset is None:
        message = "`repeat` is about rows, and there is no dataset."
        yield Finding("no-dataset", message, "Name one as `evaluation.dataset`.", _LOC)
    if not task.generates or (recipe.way and (recipe.way.form, recipe.way.asks) != _TEXTS):
        message = (
            f"`repeat` asks {task.name} for the same again: nothing is drawn in what it gives."
        )
        yield Finding("repeat-greedy", message, "Leave it out.", _LOC)
    elif why := _greedy(recipe):
        message = f"`repeat` asks for the same answer again: {why}."
        yield Finding("repeat-greedy", message, "Write `do_sample: true`, or leave it out.", _LOC)
    for number, metric in enumerate(recipe.evaluation.metrics):
        if not isinstance(metric, Additive):
            message = f"`{metric.name}` of all rows is no mean over the answers of each."
            remedy = "Leave it out, or ask once."
            yield Finding("repeat-metric", message, remedy, ("evaluation", "metrics", number))


_TEXTS = ("text", "answers")


def _greedy(recipe: Recipe) -> str:
    """Say how the recipe has answers found without drawing; nothing where it does not say."""
    defaults = {name: param.default for name, param in recipe.params.items()}
    said = {**recipe.inference_config, **{k: v for k, v in defaults.items() if v is not None}}
    if said.get("do_sample") is False:
        return "the recipe has `do_sample: false`"
    if said.get("temperature") == 0:
        return "the recipe has `temperature: 0`"
    return "the recipe has `top_k: 1`" if said.get("top_k") == 1 else ""
