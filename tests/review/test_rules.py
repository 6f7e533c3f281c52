"""The rules as documented, and the comparison of two recipes without a repository."""

import copy
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.findings import Place
from runner.locks.lock import Lock
from runner.locks.reading import read_any_lock
from runner.recipe.assessing import assess
from runner.recipe.language.digest import digest
from runner.recipe.language.models import Recipe
from runner.recipe.reading.shelf import names_under, open_shelf
from runner.review.compare import compare
from runner.review.rules import MEANINGS, RULES, rules_table
from runner.review.sides import Version
from tests.conftest import REPOSITORY
from tests.pages import hold_tables, table
from tests.review.history import CHAT, lock
from tests.review.versions import LABELLED, TEXT, version

DOCS = REPOSITORY / "docs" / "review.md"
SHIPPED = sorted(names_under(REPOSITORY / "recipes"))
FULL: dict[str, Any] = {
    **yaml.safe_load(CHAT),
    "components": {"tokenizer": {"kind": "hub", "repo": "acme/tokens"}},
    "load": {"tokenizer": {"eos_token": "</s>"}},
    "requirements": {"extra": ["sentencepiece==0.2.0", "protobuf==5.1"]},
}


def _rules(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {change.rule for change in compare(version(before), version(after))}


def test_the_documented_rules_are_the_rules() -> None:
    classes = table(("class", "means"), ((f"**{k}**", v) for k, v in MEANINGS.items()))
    hold_tables(DOCS, {"classes": classes, "rules": rules_table()})


def test_every_rule_is_used() -> None:
    source = "".join(file.read_text() for file in (REPOSITORY / "runner/review").glob("*.py"))
    without = source.replace((REPOSITORY / "runner/review/rules.py").read_text(), "")
    assert [name for name in RULES if f'"{name}"' not in without] == []


def _shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, list):
        return [_shuffled(item, chance) for item in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    chance.shuffle(keys)
    return {key: _shuffled(value[key], chance) for key in keys}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(name=st.sampled_from(SHIPPED), seed=st.integers(0, 2**32))
def test_shuffled_keys_change_nothing(name: str, seed: int) -> None:
    values = assess(open_shelf([REPOSITORY]), name, Place(name)).values
    assert _rules(values, _shuffled(values, random.Random(seed))) == set()


MUTATIONS: list[tuple[tuple[str, ...], Any]] = [
    (("description",), "other"), (("task",), "fill-mask"), (("dtype",), "float16"),
    (("quantize",), {"method": "torchao-int8"}),
    (("source", "repo"), "acme/other"), (("source", "revision"), "v9"),
    (("source",), {"kind": "local", "path": "weights"}), (("save_as",), "components"),
    (("components",), {}), (("components", "tokenizer", "repo"), "acme/more"),
    (("load", "tokenizer"), {"eos_token": 1}), (("load", "model"), {"use_cache": True}),
    (("adapter",), {"kind": "hub", "repo": "acme/lora"}), (("merge",), True),
    (("prompt_template",), None), (("model_config", "do_sample"), 1), (("params",), {}),
    (("params", "temperature"), 0.8), (("params", "temperature"), "hot"),
    (("params", "new"), True), (("signature",), "infer"), (("input_example",), "Hello"),
    (("signature",), {"inputs": [{"type": "string", "name": "q"}]}),
    (("save_pretrained",), False), (("evaluation", "inputs"), ["Hello"]),
    (("evaluation", "expect"), []), (("evaluation", "views"), ["pyfunc"]),
    (("evaluation", "seed"), 4), (("evaluation", "truncation"), "error"),
    (("evaluation", "dataset"), {"rows": [{"text": "a"}], "target": "text"}),
    (("evaluation", "metrics"), ["exact_match"]), (("evaluation", "golden"), True),
    (("tracking", "register_as"), None),
    (("tracking", "experiment"), "e"), (("tracking", "tags"), {"a": "b"}),
    (("pyfunc",), "mlflow"), (("requirements", "extra"), ["protobuf==6.0"]),
    (("requirements", "conda"), ["ffmpeg=7"]), (("requirements", "channels"), ["conda-forge"]),
    (("model_card",), "# Mine"), (("metadata",), {"owner": "me"}), (("code_paths",), ["src"]),
    (("trust_remote_code",), True), (("max_shard_size",), "1GB"), (("allow_pickle",), True),
]  # fmt: skip


def _mutated(mutation: tuple[tuple[str, ...], Any]) -> dict[str, Any]:
    loc, value = mutation
    values = copy.deepcopy(FULL)
    around = values
    for key in loc[:-1]:
        around = around.setdefault(key, {})
    around[loc[-1]] = value
    return values


def test_the_mutations_reach_every_field() -> None:
    fields = {field.alias or name for name, field in Recipe.model_fields.items()}
    assert fields - {loc[0] for loc, _ in MUTATIONS} == {"input_type"}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(MUTATIONS), st.sampled_from(MUTATIONS))
def test_recipes_that_differ_are_never_said_to_be_the_same(
    one: tuple[tuple[str, ...], Any], other: tuple[tuple[str, ...], Any]
) -> None:
    before, after = _mutated(one), _mutated(other)
    differ = digest(Recipe.model_validate(before)) != digest(Recipe.model_validate(after))
    found = _rules(before, after) - {"description-changed"}
    assert bool(found) == differ
    assert "field-changed" not in found


Case = tuple[dict[str, Any], dict[str, Any], set[str]]
MEASURED: dict[str, Any] = {
    **LABELLED,
    "evaluation": {"dataset": {"path": "r.csv", "target": "label"}, "metrics": ["accuracy"]},
}


def _gated(condition: str) -> dict[str, Any]:
    return {**MEASURED, "evaluation": {**MEASURED["evaluation"], "gates": {"accuracy": condition}}}


def _signed(*inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**TEXT, "signature": {"inputs": list(inputs), **more}}


_A, _B = {"type": "string", "name": "a"}, {"type": "integer", "name": "b"}
CASES: dict[str, Case] = {
    "code ships": (TEXT, {**TEXT, "code_paths": ["src"]}, {"code-shipped"}),
    "code ships no more": ({**TEXT, "code_paths": ["src"]}, TEXT, {"code-withdrawn"}),
    "long rows refused that were cut": (
        TEXT, {**TEXT, "evaluation": {"truncation": "error"}}, {"long-rows-refused"}),
    "long rows cut that were refused": (
        {**TEXT, "evaluation": {"truncation": "error"}}, TEXT, {"long-rows-cut"}),
    "a gate": (MEASURED, _gated(">= 0.9"), {"promise-added"}),
    "a gate that is gone": (_gated(">= 0.9"), MEASURED, {"promise-withdrawn"}),
    "a gate that lets more pass": (_gated(">= 0.9"), _gated(">= 0.8"), {"promise-withdrawn"}),
    "a gate that lets as much as its bound pass": (
        _gated("> 0.9"), _gated(">= 0.9"), {"promise-withdrawn"}),
    "a stricter gate": (_gated(">= 0.9"), _gated("> 0.9"), {"promise-added"}),
    "a stricter bound": (_gated("<= 0.9"), _gated("<= 0.8"), {"promise-added"}),
    "a gate the other way round": (_gated(">= 0.9"), _gated("<= 0.95"), {"promise-withdrawn"}),
    "a gate held to the champion": (
        _gated(">= 0.9"), _gated(">= champion"), {"promise-withdrawn"}),
    "a gate held to the champion more closely": (
        _gated(">= champion - 0.1"), _gated(">= champion"), {"promise-added"}),
    "other rows": (
        MEASURED, {**MEASURED, "evaluation": {**MEASURED["evaluation"], "dataset": {
            "path": "r.csv", "target": "label", "limit": 9}}}, {"proof-changed"}),
    "the task's own signature, written out": (
        TEXT, _signed({"type": "string"}), {"signature-restated"}),
    "an input that must be given": (_signed(_A), _signed(_A, _B), {"input-required"}),
    "an input that may be given": (
        _signed(_A), _signed(_A, {**_B, "required": False}), {"input-optional"}),
    "an input that need not be given any more": (
        _signed(_A, _B), _signed(_A, {**_B, "required": False}), {"input-optional"}),
    "an input that now must be given": (
        _signed(_A, {**_B, "required": False}), _signed(_A, _B), {"input-required"}),
    "an input that is gone": (_signed(_A, _B), _signed(_A), {"input-removed"}),
    "a wider input": (_signed(_A, _B), _signed(_A, {**_B, "type": "long"}), {"input-widened"}),
    "a narrower input": (_signed(_A, {**_B, "type": "long"}), _signed(_A, _B), {"input-retyped"}),
    "columns in another order": (_signed(_A, _B), _signed(_B, _A), {"columns-reordered"}),
    "outputs": (
        _signed(_A, outputs=[_A, _B]), _signed(_A, outputs=[{**_A, "type": "double"}]),
        {"output-removed", "output-retyped"}),
    "audio in another form": (
        {"task": "automatic-speech-recognition", "source": {"kind": "hub", "repo": "a/b"}},
        {"task": "automatic-speech-recognition", "source": {"kind": "hub", "repo": "a/b"},
         "input_type": "path"},
        {"input-retyped"}),
    "a default of another spelling": (
        {**TEXT, "params": {"temperature": 1.0}},
        {**TEXT, "params": {"temperature": {"type": "double", "default": 1}}}, set()),
    "an argument offered as a param": (
        {**TEXT, "model_config": {"num_beams": 4}}, {**TEXT, "params": {"num_beams": 4}},
        {"param-offered", "model-config-unheard"}),
    "a param that beats an argument": (
        {**TEXT, "model_config": {"num_beams": 4}},
        {**TEXT, "model_config": {"num_beams": 4}, "params": {"num_beams": 2}}, {"param-added"}),
    "labels in a list by default": (
        {**LABELLED, "params": {"top_k": 1}}, {**LABELLED, "params": {"top_k": 2}},
        {"param-default", "output-retyped"}),
    "tokens in a list by default": (
        {**TEXT, "task": "fill-mask"}, {**TEXT, "task": "fill-mask", "params": {"top_k": 2}},
        {"param-added", "output-retyped"}),
    "several answers to a prompt": (
        TEXT, {**TEXT, "model_config": {"num_return_sequences": 2, "num_beams": 2}},
        {"model-config-changed", "output-retyped"}),
    "a list of labels in MLflow's own code": (
        {**LABELLED, "pyfunc": "mlflow"},
        {**LABELLED, "pyfunc": "mlflow", "model_config": {"top_k": 5}},
        {"model-config-changed", "answers-reshaped"}),
    "a longer list of labels": (
        {**LABELLED, "params": {"top_k": 2}}, {**LABELLED, "params": {"top_k": 3}},
        {"param-default"}),
    "the same one label": (
        LABELLED, {**LABELLED, "model_config": {"top_k": 1}}, {"model-config-changed"}),
    "a list of labels for every call": (
        LABELLED, {**LABELLED, "model_config": {"top_k": 5}},
        {"model-config-changed", "output-retyped"}),
    "a list of labels that a param takes back": (
        LABELLED, {**LABELLED, "model_config": {"top_k": 5}, "params": {"top_k": 1}},
        {"model-config-changed", "param-added"}),
    "all scores": (
        LABELLED, {**LABELLED, "model_config": {"return_scores": True}},
        {"model-config-changed", "output-retyped"}),
    "times beside the words": (
        {**TEXT, "task": "automatic-speech-recognition"},
        {**TEXT, "task": "automatic-speech-recognition", "params": {"return_timestamps": True}},
        {"param-added", "answers-reshaped"}),
    "sampling from more words": (
        {**TEXT, "params": {"top_k": 1}}, {**TEXT, "params": {"top_k": 50}}, {"param-default"}),
    "a list of params": (
        {**TEXT, "params": {"stop": "a"}}, {**TEXT, "params": {"stop": ["a"]}},
        {"param-retyped", "param-default"}),
    "promises in another order": (
        {**TEXT, "evaluation": {"inputs": ["a", "b"], "expect": [{"input": 0, "contains": "a"}]}},
        {**TEXT, "evaluation": {"inputs": ["b", "a"], "expect": [{"input": 1, "contains": "a"}]}},
        {"proof-changed"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_class_of(name: str) -> None:
    before, after, expected = CASES[name]
    assert _rules(before, after) == expected


def test_a_path_is_relative_to_the_file_that_wrote_it() -> None:
    before = {**TEXT, "source": {"kind": "local", "path": "../weights"}}
    after = {**TEXT, "source": {"kind": "local", "path": "weights"}}
    same = compare(version(before, folder="recipes/a"), version(after, folder="recipes"))
    assert same == []
    (moved,) = compare(version(before, folder="recipes/a"), version(before, folder="recipes"))
    assert (moved.rule, moved.before, moved.after) == (
        "weights-replaced", "recipes/weights", "weights",
    )  # fmt: skip


def _locked(values: dict[str, Any], **facts: Any) -> Version:
    text = lock(recipe=digest(Recipe.model_validate(values)), **facts)
    return version(values, text)


def test_locks_show_that_another_name_means_the_same_files() -> None:
    before = {**TEXT, "source": {"kind": "hub", "repo": "a/b", "revision": "main"}}
    after = {**TEXT, "source": {"kind": "hub", "repo": "a/b", "revision": "1" * 40}}
    assert {c.rule for c in compare(_locked(before), _locked(after))} == {"source-restated"}
    other = compare(_locked(before), _locked(after, weights="b" * 64))
    assert {c.rule for c in other} == {"revision-moved", "files-changed", "outputs-moved"}
    assert {c.rule for c in compare(version(before), version(after))} == {"revision-moved"}


def test_hashes_and_versions_in_a_lock_are_text(workspace: Path) -> None:
    file = workspace / "one.lock.yaml"
    digits = "0" * 30 + "1234567e12"
    file.write_text(
        lock(torch="2.10").replace(f"'{'1' * 40}'", digits).replace(f"'{'a' * 64}'", "12e4")
    )
    found = read_any_lock(file)
    assert isinstance(found, Lock)
    assert found.packages["torch"] == "2.10"
    assert found.parts["model"].commit == digits
    assert found.parts["model"].files["model.safetensors"].sha256 == "12e4"
    file.write_text("parts: [1]\n")
    assert str(read_any_lock(file)).startswith("parts: ")
    file.write_text("- 1\n")
    assert "The file is a mapping: lines of `key: value`" in str(read_any_lock(file))
    file.write_text("parts: [\n")
    assert "The YAML cannot be read" in str(read_any_lock(file))
    assert read_any_lock(workspace / "none.lock.yaml") is None


def test_an_inferred_signature_is_only_known_from_locks() -> None:
    inferred = {**TEXT, "signature": "infer", "input_example": "x"}
    own = {**TEXT, "input_example": "x"}
    assert _rules(inferred, own) == {"signature-unknown"}
    signed = "signature: {inputs: [{type: string}], outputs: [{type: string}]}\n"
    locks = [lock(recipe=digest(Recipe.model_validate(v))) + signed for v in (inferred, own)]
    changes = compare(version(inferred, locks[0]), version(own, locks[1]))
    assert {c.rule for c in changes} == {"signature-restated"}
