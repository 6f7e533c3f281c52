"""Write what docs/ says of the recipe language, from its models: ``make docs``."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from runner.cli.documents import as_json
from runner.datasets.block import CorpusBlock, DatasetBlock
from runner.metrics import all_metrics, names_of
from runner.metrics.base import Metric
from runner.recipe.language.evaluation import Evaluation, Expectation
from runner.recipe.language.json_schema import recipe_schema, sweep_schema
from runner.recipe.language.meanings import meanings_of, source_of, summary_of
from runner.recipe.language.models import (
    Components,
    Load,
    Recipe,
)
from runner.recipe.language.params import Param
from runner.recipe.language.quantize import Quantize
from runner.recipe.language.requirements import Requirements
from runner.recipe.language.settings import RunSettings, TrackingSettings
from runner.recipe.language.signature import ExplicitSignature, Spec
from runner.recipe.language.sweep import Launcher, Pruning, Search, Sweep
from runner.recipe.language.tracking import Tracking
from runner.sources import all_kinds
from runner.sources.checkpoint.licenses import LicensePolicy
from runner.tasks import all_tasks
from runner.tasks.scoring import FORMS, Form

TARGET = Path(__file__).parent / "recipe.md"
SCHEMA = Path(__file__).parent / "recipe.schema.json"
SWEEP_SCHEMA = Path(__file__).parent / "sweep.schema.json"
METRICS = Path(__file__).parent / "metrics.md"
_METRICS_HEAD = """\
# Metrics

Written by `make docs` from `runner/metrics/`; a test holds the two together.

A metric is named in `evaluation.metrics`, alone or with parameters: `[accuracy, {name: wer,
normalise: whisper}]`. Two of one name have a `title` each. A metric takes answers of one form;
where a task gives several, its metrics say which, and all of a recipe take one. It is measured
row by row, and put together from what was measured, so that intervals, slices and comparisons need
no inference: [what the rows say](statistics.md). One that is not defined on the rows, such as a
correlation with targets that are all the same, fails by name with the reason and is never left out.

*Interval* says how it is made: Wilson's score interval of a share, or the bootstrap. The names of
a line are of one metric; where there is a choice, `name` in the parameters says what each means.
"""
_HEAD = """\
# Recipe reference

Written by `make docs` from the models of the language; a test holds the two together.
"""
_BLOCKS: list[tuple[str, type[BaseModel]]] = [
    ("components", Components),
    ("load", Load),
    ("quantize", Quantize),
    ("params.&lt;name&gt;", Param),
    ("signature", ExplicitSignature),
    ("signature.inputs[]", Spec),
    ("evaluation", Evaluation),
    ("evaluation.expect[]", Expectation),
    ("evaluation.dataset", DatasetBlock),
    ("evaluation.dataset.corpus", CorpusBlock),
    ("evaluation.metrics[]", Metric),
    ("tracking", Tracking),
    ("requirements", Requirements),
]


def page() -> str:
    """Give the whole page."""
    parts = [_HEAD, _section("A recipe", Recipe)]
    parts += [_section(f"`source`, kind: {kind}", model) for kind, model in all_kinds().items()]
    parts += [_section(f"`{name}`", model) for name, model in _BLOCKS]
    parts += [
        _section(
            "Settings of a run", RunSettings, "These go on the command line, not into a recipe."
        ),
        _section("`tracking` of the settings", TrackingSettings),
        _section("`policy.licenses` of the settings", LicensePolicy),
        _section("A sweep file", Sweep),
        _section("`launcher` of a sweep file", Launcher),
        _section("`search` of a sweep file", Search),
        _section("`search.prune` of a sweep file", Pruning),
        _tasks(),
    ]
    return "\n".join(parts)


def metrics_page() -> str:
    """Give the page of metrics: for each form of answers the metrics that score it."""
    return "\n".join([_METRICS_HEAD, *(_form(form) for form in FORMS if _scoring(form))])


def _scoring(form: Form) -> dict[type[Metric], None]:
    return {one: None for one in all_metrics().values() if form in one.takes}


def _form(form: Form) -> str:
    giving = [f"`{name}`" for name, task in all_tasks().items() if task.form == form]
    of_tasks = "\n\n".join([*([f"Of {', '.join(giving)}."] if giving else []), *_ways(form)])
    rows = [
        "| metric | what it is | better | interval | parameters | source |",
        "|---|---|---|---|---|---|",
    ]
    rows += [f"| {' | '.join(_metric(one))} |" for one in _scoring(form)]
    return f"## Of answers of the form `{form}`\n\n{of_tasks}\n\n" + "\n".join(rows) + "\n"


def _ways(form: Form) -> Iterator[str]:
    """Say how else tasks give answers of a form, with the inputs that rows then have."""
    ways = {way: None for task in all_tasks().values() for way in task.ways if way.form == form}
    for way in ways:
        tasks = [f"`{name}`" for name, task in all_tasks().items() if way in task.ways]
        inputs = f" (`inputs` {', '.join(f'`{one}`' for one in way.inputs)})" if way.inputs else ""
        yield f"Of {', '.join(tasks)}{inputs}: {way.summary}."


def _metric(metric: type[Metric]) -> list[str]:
    names = names_of(metric)
    meanings = meanings_of(metric)
    own = [name for name in metric.model_fields if name not in Metric.model_fields]
    own += ["name"] if len(names) > 1 else []
    by_itself = metric.interval is Metric.interval
    cells = [
        ", ".join(f"`{name}`" for name in names),
        summary_of(metric),
        "more" if metric.higher_is_better else "less",
        ("Wilson" if metric.share else "bootstrap") if by_itself else "Wilson, or bootstrap",
        "; ".join(
            _parameter(metric, name, meanings.get(name, "").removesuffix(".")) for name in own
        ),
        source_of(metric).removesuffix("."),
    ]
    return [cell.replace("|", "\\|") for cell in cells]


def _parameter(metric: type[Metric], name: str, meaning: str) -> str:
    info = metric.model_fields[name]
    default = "" if name == "name" else _default(info)
    return f"`{info.alias or name}`{f' ({default})' if default else ''}: {meaning}"


def _section(title: str, model: type[BaseModel], note: str = "") -> str:
    meanings = meanings_of(model)
    rows = ["| field | type | default | meaning |", "|---|---|---|---|"]
    for name, info in model.model_fields.items():
        default = _default(info)
        meaning = meanings.get(name, "").replace("|", "\\|")
        cells = [f"`{info.alias or name}`", _type(info.annotation), default, meaning]
        rows.append(f"| {' | '.join(cells)} |")
    return f"## {title}\n\n{note or summary_of(model)}\n\n" + "\n".join(rows) + "\n"


def _type(annotation: Any) -> str:
    if hasattr(annotation, "__metadata__"):
        return _type(annotation.__origin__)
    if get_origin(annotation) is not None and str(get_origin(annotation)) == "typing.Literal":
        return " \\| ".join(f"`{value}`" for value in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        blocks = {**dict.fromkeys(all_kinds().values(), "source")}
        blocks[Metric] = "metric"
        return blocks.get(annotation, "mapping")
    if annotation is Any:
        return "any"
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is list:
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return "mapping"
    if inner:
        names = [_type(part) for part in inner if part is not type(None)]
        return " \\| ".join(dict.fromkeys(names))
    named = {str: "text", bool: "true \\| false", int: "whole number", float: "number"}
    return named.get(annotation, "any")


def _default(info: Any) -> str:
    if info.is_required():
        return "required"
    value = info.default_factory() if info.default_factory else info.default
    if value is None or value is PydanticUndefined or isinstance(value, BaseModel):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`" if value != "" else ""


def _tasks() -> str:
    rows = ["| task | what it does | components | template |", "|---|---|---|---|"]
    for name, task in all_tasks().items():
        template = "yes" if task.prompt_template else ""
        rows.append(f"| `{name}` | {task.summary} | {', '.join(task.components)} | {template} |")
    return "## Tasks\n\n" + "\n".join(rows) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
    METRICS.write_text(metrics_page(), encoding="utf-8")
    SCHEMA.write_text(as_json(recipe_schema()), encoding="utf-8")
    SWEEP_SCHEMA.write_text(as_json(sweep_schema()), encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET}, {METRICS}, {SCHEMA} and {SWEEP_SCHEMA}\n")
