"""The prompt template has exactly one ``{prompt}``, and the task applies templates."""

from collections.abc import Iterator
from string import Formatter

from runner.findings import Finding
from runner.recipe.judging.checks import Subject
from runner.tasks import all_tasks

_LOC = ("prompt_template",)
_REMEDY = "Write one `{prompt}`, and `{{` or `}}` for a brace that is text."


def check(subject: Subject) -> Iterator[Finding]:
    """Find a template that MLflow would refuse or never apply."""
    template = subject.recipe.prompt_template
    if template is None:
        return
    if not subject.task.prompt_template:
        able = ", ".join(name for name, task in all_tasks().items() if task.prompt_template)
        message = f"{subject.task.name} takes no `prompt_template`."
        yield Finding("template-not-supported", message, f"These tasks do: {able}.", _LOC)
    if why := _wrong_with(template):
        yield Finding("bad-template", f"`prompt_template` {why}.", _REMEDY, _LOC)


def _wrong_with(template: str) -> str:
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        return f"cannot be read: {error}"
    names = [name for _, name, _, _ in parsed if name is not None]
    others = [name for name in names if name != "prompt"]
    if others:
        return f"has the placeholder `{{{others[0]}}}`"
    if len(names) != 1:
        return f"has {len(names) or 'no'} `{{prompt}}`"
    if any(form or conversion for _, name, form, conversion in parsed if name):
        return "formats its `{prompt}`"
    return ""
