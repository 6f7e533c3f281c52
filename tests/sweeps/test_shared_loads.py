"""Points that differ in params or template load their model once, and answer as alone."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers.normalizers import Lowercase
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationMixin,
    GPT2LMHeadModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from runner.evaluation.answered import answered_once
from runner.evaluation.sharing import held_bytes, loaded_once, shared
from tests.checkpoints import causal_lm, classifier
from tests.conftest import Outcome

RECIPE = """\
task: text-generation
source: {kind: local, path: weights}
model_config: {do_sample: false}
params: {max_new_tokens: 3}
evaluation: {inputs: ["What is it?"], views: [native, pyfunc, source]}
"""
ON_DATA = """\
task: text-classification
source: {kind: local, path: weights}
evaluation:
  inputs: [fine]
  views: [pyfunc]
  dataset: {path: rows.csv, inputs: text, target: label}
  metrics: [accuracy]
"""
_TIMES = {"seconds", "load_seconds", "predict_seconds", "started", "peak_memory", "detail"}
_PLACES = {"model", "files", "steps", "keys", "reports"}


@contextmanager
def counted_loads() -> Iterator[list[str]]:
    """Count the models that transformers loads from files."""
    loads: list[str] = []
    theirs = PreTrainedModel.__dict__["from_pretrained"]

    def counting(cls: Any, name: Any, *rest: Any, **how: Any) -> Any:
        loaded = theirs.__get__(None, cls)(name, *rest, **how)  # MLflow tries what is refused
        if name is not None:  # None is the weightless model of packaging
            loads.append(str(name))
        return loaded

    PreTrainedModel.from_pretrained = classmethod(counting)
    try:
        yield loads
    finally:
        PreTrainedModel.from_pretrained = theirs


@contextmanager
def counted_answers() -> Iterator[list[Any]]:
    """Count how often a model generates."""
    answers: list[Any] = []
    theirs = GenerationMixin.generate

    def counting(self: Any, *inputs: Any, **how: Any) -> Any:
        answers.append(self)
        return theirs(self, *inputs, **how)

    GenerationMixin.generate = counting
    try:
        yield answers
    finally:
        GenerationMixin.generate = theirs


@contextmanager
def counted_steps(model: Any) -> Iterator[list[None]]:
    """Count the tokens that a model makes."""
    steps: list[None] = []
    hook = model.register_forward_hook(lambda *_: steps.append(None))
    try:
        yield steps
    finally:
        hook.remove()


def plain(value: Any) -> Any:
    """Give a record without times and places."""
    match value:
        case dict():
            left_out = _TIMES | _PLACES
            return {k: plain(v) for k, v in value.items() if k not in left_out}
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def test_a_sweep_loads_each_set_of_weights_once_and_answers_as_single_runs_do(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    causal_lm(workspace / "weights")
    Path("case.yaml").write_text(RECIPE)
    asked = ("+recipe=case.yaml", "tracking.uri=null", "--output", "json")
    swept = ("params.max_new_tokens=3,4", "dtype=float32,bfloat16")
    with counted_loads() as loads, counted_answers() as answers:
        done = cli("-m", *asked, *swept, "out=together")
    assert done.code == 0, done.stderr
    assert len(answers) == 4 * 3, "source, native and pyfunc of each point generate once"
    assert len(loads) == 2 * 2, loads  # the source and the saved model, in two dtypes
    for together in done.document["runs"]:
        alone = cli(*asked, *together["overrides"], "out=alone").document
        assert plain(alone) == plain(together)
    assert held_bytes() == 0


def test_points_that_differ_in_template_and_settings_are_asked_of_one_loaded_model(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    causal_lm(workspace / "weights")
    Path("case.yaml").write_text(RECIPE.replace(", source]", "]"))
    asked = ("+recipe=case.yaml", "tracking.uri=null", "--output", "json")
    templates = """+prompt_template='Q? {prompt}','Q! {prompt}'"""
    settings = "+model_config.repetition_penalty=1.0,9.0"
    with counted_loads() as loads:
        done = cli("-m", *asked, templates, settings, "out=together")
    assert done.code == 0, done.stderr
    assert len(loads) == 1, loads
    points = done.document["runs"]
    assert len({point["point"] for point in points}) == 4
    (other,) = [p for p in points if "Q!" in str(p["overrides"]) and "9.0" in str(p["overrides"])]
    alone = cli(*asked, *other["overrides"], "out=alone").document
    assert plain(alone) == plain(other)


def test_the_evaluation_on_data_is_given_the_model_of_the_proof(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    classifier(workspace / "weights")
    Path("rows.csv").write_text("text,label\nfine,POSITIVE\nbad,NEGATIVE\n")
    Path("case.yaml").write_text(ON_DATA)
    with counted_loads() as loads:
        done = cli("-m", "+recipe=case.yaml", "tracking.uri=null", "evaluation.seed=1,2")
    assert done.code == 0, done.stderr
    assert len(loads) == 1, loads


def test_who_changes_a_model_gets_no_one_else_into_it(workspace: Path) -> None:
    folder = causal_lm(workspace / "weights")
    ids = torch.tensor([[1, 2, 3]])
    with counted_loads() as loads, loaded_once(), shared():
        first = AutoModelForCausalLM.from_pretrained(str(folder))
        wanted = first(ids).logits.detach()
        first.config.task_specific_params = {"changed": 1}
        first.generation_config.max_new_tokens = 77
        second = AutoModelForCausalLM.from_pretrained(str(folder))
        assert second is first
        assert second.config.task_specific_params is None
        assert second.generation_config.max_new_tokens is None
        assert len(loads) == 1
        assert AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.bfloat16) is not first
        with torch.no_grad():
            first.lm_head.weight.mul_(2)
        third = AutoModelForCausalLM.from_pretrained(str(folder))
        assert third is not first
        assert torch.equal(third(ids).logits, wanted)
        text = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**text, "layer_norm_epsilon": 0.5}))
        assert AutoModelForCausalLM.from_pretrained(str(folder)).config.layer_norm_epsilon == 0.5


def test_a_vocabulary_is_read_once_and_who_changes_a_tokenizer_gets_no_one_else_into_it(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, made = str(causal_lm(workspace / "weights")), list[Any]()
    theirs = PreTrainedTokenizerFast.__init__

    def counting(self: Any, *rest: Any, **how: Any) -> None:
        made.append(self)
        theirs(self, *rest, **how)

    monkeypatch.setattr(PreTrainedTokenizerFast, "__init__", counting)
    text = "What is it?"
    with loaded_once(), shared():
        first = AutoTokenizer.from_pretrained(folder)
        side, wanted = first.padding_side, first(text)["input_ids"]
        first.padding_side, first.chat_template = "nowhere", "{{ changed }}"
        first.backend_tokenizer.enable_truncation(max_length=1)
        second = AutoTokenizer.from_pretrained(folder)
        assert (len(made), second is first) == (1, False)
        assert (second.padding_side, second.backend_tokenizer.truncation) == (side, None)
        assert second.chat_template != first.chat_template
        assert second(text)["input_ids"] == wanted
        second.add_tokens([text])
        assert second(text)["input_ids"] != wanted
        assert AutoTokenizer.from_pretrained(folder)(text)["input_ids"] == wanted
        assert len(made) == 2
        third = AutoTokenizer.from_pretrained(folder)
        third.backend_tokenizer.normalizer = Lowercase()
        assert AutoTokenizer.from_pretrained(folder)(text)["input_ids"] == wanted


def test_what_is_more_than_a_model_is_not_shared(workspace: Path) -> None:
    folder = causal_lm(workspace / "weights")
    with counted_loads() as loads, loaded_once(), shared():
        for _ in range(2):
            GPT2LMHeadModel.from_pretrained(str(folder), output_loading_info=True)
    assert len(loads) == 2


def test_a_model_that_is_asked_the_same_again_answers_once(workspace: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(causal_lm(workspace / "weights"))
    ids = torch.tensor([[1, 2, 3]])

    def ask(**how: Any) -> tuple[Any, bool]:
        with counted_steps(model) as steps:
            return model.generate(ids, pad_token_id=0, **how).tolist(), bool(steps)

    with answered_once():
        first, worked = ask(max_new_tokens=3, do_sample=False)
        assert worked
        assert ask(max_new_tokens=3, do_sample=False, temperature=0.3) == (first, False)
        assert ask(max_new_tokens=4, do_sample=False)[1]
        assert ask(max_new_tokens=3, do_sample=False, repetition_penalty=9.0)[1]
        assert [ask(max_new_tokens=3, do_sample=True)[1] for _ in range(2)] == [True, True]
        with torch.no_grad():
            model.lm_head.weight.mul_(-1)
        changed, worked = ask(max_new_tokens=3, do_sample=False)
        assert worked
        assert changed != first
    assert ask(max_new_tokens=3, do_sample=False) == (changed, True)


def test_a_model_that_changes_its_own_buffers_while_it_is_asked_is_asked_and_loaded_anew(
    workspace: Path,
) -> None:
    folder = causal_lm(workspace / "weights")
    ids = torch.tensor([[1, 2, 3]])
    with counted_loads() as loads, loaded_once(), shared(), answered_once():
        for _ in range(2):
            model = AutoModelForCausalLM.from_pretrained(str(folder))
            model.register_buffer("positions", torch.zeros(1), persistent=False)
            with torch.inference_mode():  # as rotary positions that grow with a text do
                model.positions = torch.ones(1)
            for _ in range(2):
                with counted_steps(model) as steps:
                    model.generate(ids, pad_token_id=0, max_new_tokens=3, do_sample=False)
                assert steps
    assert len(loads) == 2
