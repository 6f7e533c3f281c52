"""Every argument that validation accepts is one that the shipped code applies, or refuses."""

import copy
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import transformers
from mlflow.exceptions import MlflowException

from runner.evaluation.inputs import Materialiser, as_callers_write
from runner.evaluation.own_example import example_for
from runner.pyfunc.decoding import Decoder
from runner.pyfunc.model import InferenceModel
from runner.tasks import Column, Task, get_task
from runner.tasks.arguments import EXTENDED, GENERATION, PIPELINE, Argument
from runner.upstream.transformers_source import (
    accepted_arguments,
    generation_arguments,
    has_pipeline,
)
from tests.pyfunc.conftest import RECIPES, Packaged

SPEED = {
    "batch_size", "num_workers", "padding", "timeout", "stream"
}  # fmt: skip
"""What changes no answer: see docs/inference.md."""


_CALLED = {
    "max_tokens": {"max_new_tokens"},
    "n": {"num_return_sequences"},
    "stop_strings": {"stop_strings", "stopping_criteria"},
}
"""What comes to ``generate`` under another name, by what callers call it."""


class Noted(dict[str, Any]):
    """Options that note which of them are asked for by name."""

    def __init__(self, given: dict[str, Any], asked: set[str]) -> None:
        super().__init__(given)
        self.asked = asked

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)


def accepted(task: Task) -> dict[str, Argument | None]:
    """Give what validation accepts of a task, with what it takes, as far as that is declared."""
    there = (
        accepted_arguments(task.pipeline_task)
        if has_pipeline(task.pipeline_task)
        else generation_arguments()
        if task.generates
        else frozenset[str]()
    )
    requests = (
        {c.name: c.argument for c in task.inputs if isinstance(c, Column)}
        if task.mlflow_schema
        else {}
    )
    own = {**requests, **EXTENDED, **task.arguments}
    values = {**PIPELINE, **(GENERATION if "max_new_tokens" in there else {}), **own}
    return {name: values.get(name) for name in sorted(there | own.keys())}


def value_of(argument: Argument | None) -> Any:
    """Give a value that an argument takes."""
    if argument is None:
        return 1
    kind = argument.kinds[0]
    if argument.choices and kind == "text":
        return argument.choices[0]
    least = argument.least or 0
    return {
        "boolean": True, "integer": int(max(least, 1)), "number": max(least, 0.5),
        "text": "a", "list": [1], "mapping": {},
    }[kind]  # fmt: skip


class Sinks:
    """Notes what comes to the pipeline, the tokenizer and the model by name."""

    def __init__(self, loaded: InferenceModel, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: set[str] = set()
        adapter: Any = loaded._adapter
        pipeline = getattr(adapter, "_pipeline", None)
        if pipeline is not None:
            kind = type(pipeline)
            sanitize = kind._sanitize_parameters

            def sanitized(runs: Any, **given: Any) -> Any:
                found = sanitize(runs, **given)
                named = sanitize.__code__.co_varnames[: sanitize.__code__.co_argcount]
                self.taken |= {k for step in found for k in step} | (given.keys() & {*named})
                return found

            monkeypatch.setattr(kind, "_sanitize_parameters", sanitized)
        model: Any = loaded._parts.model
        if model.can_generate():
            generate = type(model).generate

            def generated(runs: Any, *args: Any, **given: Any) -> Any:
                self.taken |= given.keys()
                if config := given.get("generation_config"):
                    usual = vars(pipeline.generation_config) if pipeline is not None else {}
                    self.taken |= {k for k, v in vars(config).items() if usual.get(k, v) != v}
                return generate(runs, *args, **given)

            monkeypatch.setattr(type(model), "generate", generated)


@pytest.mark.usefixtures("torchvision")
@pytest.mark.parametrize("name", RECIPES)
def test_what_is_accepted_is_applied_or_refused(
    shipped: Packaged,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Any,
) -> None:
    task = get_task(name)
    loaded = shipped(name)
    parts = loaded._parts
    example = example_for(task, parts.components, parts.model.config)
    form = task.taking("bytes") if task.input_types else task
    (row,) = Materialiser(form, lambda _: tmp_path, tmp_path, sample=True).all([example])
    row = copy.deepcopy(as_callers_write(task, row))
    if name == "document-question-answering":
        row["word_boxes"] = json.dumps([["a", [1, 1, 9, 9]], ["b", [9, 1, 20, 9]]])
    sinks = Sinks(loaded, monkeypatch)
    asked: set[str] = set()
    generated = Decoder.generate
    monkeypatch.setattr(
        Decoder,
        "generate",
        lambda decoder, batch, options: generated(decoder, batch, Noted(options, asked)),
    )
    usual = loaded._options
    monkeypatch.setattr(loaded, "_options", lambda params: Noted(usual(params), asked))
    assert len(loaded.predict([row], {})) > 0
    assert has_pipeline(task.pipeline_task) == isinstance(
        loaded.get_raw_model(), transformers.Pipeline
    )
    outcome: Counter[str] = Counter()
    dropped: list[str] = []
    for argument, takes in accepted(task).items():
        sinks.taken.clear()
        asked.clear()
        value = value_of(takes)
        try:
            loaded.predict([row], {argument: value})
        except MlflowException as error:
            clear = error.get_http_status_code() == 400 and str(error).strip()
            outcome["refused" if clear else "unclear"] += 1
            continue
        names = _CALLED.get(argument, {argument})
        known = not names.isdisjoint(sinks.taken | asked | SPEED | {"seed"})
        outcome["applied" if known else "dropped"] += 1
        if not known:
            dropped.append(argument)
    assert len(loaded.predict([row], {})) > 0  # no argument has changed the model for good
    record_property("arguments", dict(outcome))
    assert outcome["applied"] + outcome["refused"] == len(accepted(task)), dropped


def test_the_walk_leaves_no_task_out() -> None:
    from runner.tasks import all_tasks

    walked = {get_task(name).name.partition("_")[0] for name in RECIPES}
    same_code = {"instructional-text-generation"}
    no_code = {name for name, task in all_tasks().items() if not task.extended}
    assert no_code == {"native"}
    assert walked | same_code | no_code == all_tasks().keys()
