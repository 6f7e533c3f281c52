"""Metrics fit the task and have rows to be measured on; gates are about what is measured."""

from collections.abc import Collection, Iterator, Mapping

from runner.findings import Finding
from runner.machine.libraries import is_importable
from runner.metrics import Metric, all_metrics
from runner.recipe.judging.checks import Subject
from runner.recipe.language.gates import MEASURED, OF_GENERATION, OF_STREAMS, Gate
from runner.recipe.language.models import Recipe
from runner.tasks.scoring import Form
from runner.text.spelling import did_you_mean, one_of


def check(subject: Subject) -> Iterator[Finding]:
    """Find metrics that could not be measured, and gates that would be about nothing."""
    evaluation = subject.recipe.evaluation
    for field in ("metrics", "slices", "gates"):
        if getattr(evaluation, field) and evaluation.dataset is None:
            message = f"`{field}` are about rows, and there is no dataset."
            remedy = "Name one as `evaluation.dataset`."
            yield Finding("no-dataset", message, remedy, ("evaluation", field))
    named: dict[str, Metric] = {}
    for number, metric in enumerate(evaluation.metrics):
        loc = ("evaluation", "metrics", number)
        yield from (finding.under(*loc) for finding in _metric(subject, metric))
        if metric.key in named:
            message = f"Two metrics are called `{metric.key}`."
            yield Finding("metric-named-twice", message, "Give one a `title`.", loc)
        named[metric.key] = metric
    yield from _gates(subject.recipe, named)


def _metric(subject: Subject, metric: Metric) -> Iterator[Finding]:
    task, dataset, form = subject.task, subject.recipe.evaluation.dataset, subject.recipe.form
    forms: set[Form | None] = {way.form for way in task.every_way}
    if not forms & metric.takes:
        fitting = _scoring({task.form}) or _scoring(forms)
        remedy = f"It is scored by {one_of(fitting)}." if fitting else "No metric scores it."
        message = f"`{metric.name}` does not score what {task.name} gives."
        yield Finding("metric-not-for-task", message, remedy)
    elif form not in metric.takes:
        message = f"`{metric.name}` scores another thing of a model than the other metrics do."
        yield Finding("metric-not-for-task", message, "Measure it in a recipe of its own.")
    if metric.needs_target and dataset is not None and dataset.target is None:
        message = f"`{metric.name}` needs to know what is right, and the dataset has no `target`."
        yield Finding("no-target", message, "Name its column.")
    for name, distribution in metric.needs.items():
        if not is_importable(name):
            message = f"{metric.name} needs {name}, which is not installed."
            yield Finding("library-missing", message, f"pip install {distribution}")


def _scoring(forms: Collection[Form | None]) -> list[str]:
    return [name for name, one in all_metrics().items() if one.takes.intersection(forms)]


def _held_to(recipe: Recipe, name: str, rest: str, gate: Gate) -> Iterator[Finding]:
    if gate.of_champion and recipe.champion is None:
        message = "Nothing says which model the champion is."
        remedy = "Name it as `evaluation.champion`, or give `tracking.register_as`."
        yield Finding("bad-gate", message, remedy)
    if name in MEASURED or (rest and not rest.startswith("slices.")):
        whom = "the champion" if gate.of_champion else f"`{gate.other}`"
        message = f"`{name}` is not compared with {whom}: metrics and slices of them are."
        yield Finding("bad-gate", message, "Write a number.")


def _beside(recipe: Recipe, name: str) -> Iterator[Finding]:
    task, shipped = recipe.contract, recipe.pyfunc == "extended"
    if name in OF_GENERATION and not (task.generates and task.form == "text"):
        yield Finding("bad-gate", f"`{name}`: {task.name} generates no text.", "Leave it out.")
    elif name in OF_STREAMS and not (task.streams and shipped):
        message = f"`{name}`: {task.name} gives no answer piece by piece here."
        yield Finding("bad-gate", message, "Leave it out.")


def _within(metric: Metric, gate: Gate) -> Iterator[Finding]:
    """Find a bound that nothing meets, such as a share of 90."""
    low, high = metric.bounds
    if not gate.holds(high if gate.upwards else low):
        message = f"`{metric.key}` is never {gate.order} {gate.bound:g}: it is {low:g} to {high:g}."
        yield Finding("bad-gate", message, "Write a bound within that, such as 0.9 for 90 %.")


def _gates(recipe: Recipe, named: Mapping[str, Metric]) -> Iterator[Finding]:
    evaluation = recipe.evaluation
    for name, gate in evaluation.conditions.items():
        loc = ("evaluation", "gates", name)
        key, _, rest = name.partition(".")
        if gate.other:
            yield from (finding.under(*loc) for finding in _held_to(recipe, name, rest, gate))
        if name in MEASURED:
            yield from (finding.under(*loc) for finding in _beside(recipe, name))
            continue
        if key not in named:
            known = [*sorted(named), *MEASURED]
            remedy = did_you_mean(key, known) or f"It is about {one_of(known)}."
            yield Finding("bad-gate", f"Nothing that is measured is called `{key}`.", remedy, loc)
        elif rest.startswith("slices."):
            column = rest.removeprefix("slices.").partition(".")[0]
            if column not in evaluation.slices:
                message = f"Nothing is sliced by `{column}`."
                remedy = did_you_mean(column, evaluation.slices) or "List it in `slices`."
                yield Finding("bad-gate", message, remedy, loc)
        if key in named and not gate.other and rest.partition(".")[0] in ("", "slices"):
            yield from (finding.under(*loc) for finding in _within(named[key], gate))
