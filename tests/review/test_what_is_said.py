"""What a change says: its rule, its field, the values before and after, and what is more to say."""

from typing import Any

import pytest

from runner.review.compare import compare
from runner.review.rules import ABSENT
from tests.review.versions import LABELLED, TEXT, version

Said = tuple[str, str, Any, Any, str]
HUB = {"kind": "hub", "repo": "a/b", "revision": "main"}
DATA: dict[str, Any] = {"dataset": {"path": "r.csv", "target": "label"}, "metrics": ["accuracy"]}
ROWS = {**DATA["dataset"], "limit": 9}
VECTORS: dict[str, Any] = {**TEXT, "task": "feature-extraction"}


def asked(values: dict[str, Any], **evaluation: Any) -> dict[str, Any]:
    return {**values, "evaluation": evaluation}


def gated(**gates: str) -> dict[str, Any]:
    return asked(LABELLED, **DATA, gates=gates)


def requiring(**requirements: list[str]) -> dict[str, Any]:
    return {**TEXT, "requirements": requirements}


def filed(**tracking: Any) -> dict[str, Any]:
    return {**TEXT, "tracking": tracking}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[Said]]] = {
    "a gate": (gated(), gated(accuracy=">= 0.9"),
        [("promise-added", "evaluation.gates.accuracy", ABSENT, ">= 0.9", "")]),
    "a gate that is gone": (gated(accuracy=">= 0.9"), gated(),
        [("promise-withdrawn", "evaluation.gates.accuracy", ">= 0.9", ABSENT, "")]),
    "a gate that moved": (gated(accuracy=">= 0.9"), gated(accuracy=">= 0.8"),
        [("promise-withdrawn", "evaluation.gates.accuracy", ">= 0.9", ">= 0.8", "")]),
    "fewer rows": (asked(LABELLED, **DATA), asked(LABELLED, **{**DATA, "dataset": ROWS}),
        [("proof-changed", "evaluation.dataset.limit", ABSENT, 9, "")]),
    "all rows": (asked(LABELLED, **{**DATA, "dataset": ROWS}), asked(LABELLED, **DATA),
        [("proof-changed", "evaluation.dataset.limit", 9, ABSENT, "")]),
    "slices": (asked(LABELLED, **DATA), asked(LABELLED, **DATA, slices=["lang"]),
        [("proof-changed", "evaluation.slices", [], ["lang"], "")]),
    "long rows": (asked(TEXT, truncation="cut"), asked(TEXT, truncation="error"),
        [("long-rows-refused", "evaluation.truncation", "cut", "error", "")]),
    "a view fewer": (asked(TEXT, views=["native", "pyfunc"]), asked(TEXT, views=["native"]),
        [("promise-withdrawn", "evaluation.views", ["native", "pyfunc"], ["native"],
          "not loaded as pyfunc")]),
    "two views fewer": (
        asked(TEXT, views=["source", "native", "pyfunc"]), asked(TEXT, views=["native"]),
        [("promise-withdrawn", "evaluation.views", ["source", "native", "pyfunc"], ["native"],
          "not loaded as pyfunc and source")]),
    "the source looked at no more": (TEXT, asked(TEXT, views=["native", "pyfunc"]),
        [("promise-withdrawn", "evaluation.views", ABSENT, ["native", "pyfunc"],
          "not loaded as source")]),
    "a view more": (asked(TEXT, views=["native"]), asked(TEXT, views=["native", "pyfunc"]),
        [("proof-changed", "evaluation.views", ["native"], ["native", "pyfunc"], "")]),
    "the usual views": (asked(TEXT, views=["native"]), TEXT,
        [("proof-changed", "evaluation.views", ["native"], ABSENT, "")]),
    "a promise about no input": (TEXT, asked(TEXT, expect=[{"contains": "a"}]),
        [("promise-added", "evaluation.expect", ABSENT,
          {"contains": "a", "input": "every input"}, "")]),
    "a promise about the example": (
        {**TEXT, "input_example": "x"},
        {**asked(TEXT, expect=[{"contains": "a"}]), "input_example": "x"},
        [("promise-added", "evaluation.expect", ABSENT, {"contains": "a", "input": "x"}, "")]),
    "a likeness": (
        asked(VECTORS, inputs=["a", "b"]),
        asked(VECTORS, inputs=["a", "b"],
              expect=[{"input": 0, "similar_to": 1, "above": 0.5}]),
        [("promise-added", "evaluation.expect", ABSENT,
          {"input": "a", "similar_to": "b", "above": 0.5}, "")]),
    "a width": ({**TEXT, "dtype": "bfloat16"}, {**TEXT, "dtype": "float32"},
        [("dtype-changed", "dtype", "bfloat16", "float32", "weights take 2 × the memory")]),
    "half the width": ({**TEXT, "dtype": "float64"}, {**TEXT, "dtype": "float32"},
        [("dtype-changed", "dtype", "float64", "float32", "weights take 0.5 × the memory")]),
    "the same width": ({**TEXT, "dtype": "bfloat16"}, {**TEXT, "dtype": "float16"},
        [("dtype-changed", "dtype", "bfloat16", "float16", "")]),
    "an unknown width": (TEXT, {**TEXT, "dtype": "float32"},
        [("dtype-changed", "dtype", "auto", "float32", "")]),
    "whose code": (TEXT, {**TEXT, "pyfunc": "mlflow"},
        [("pyfunc-narrowed", "pyfunc", "extended", "mlflow", "")]),
    "weights elsewhere": (
        {**TEXT, "source": HUB}, {**TEXT, "source": HUB, "save_pretrained": False},
        [("weights-referenced", "save_pretrained", True, False, "")]),
    "weights inside": (
        {**TEXT, "source": HUB, "save_pretrained": False}, {**TEXT, "source": HUB},
        [("weights-stored", "save_pretrained", False, True, "")]),
    "code of the source": (TEXT, {**TEXT, "trust_remote_code": True},
        [("remote-code-trusted", "trust_remote_code", False, True, "")]),
    "an example": ({**TEXT, "input_example": "a"}, {**TEXT, "input_example": "b"},
        [("example-changed", "input_example", "a", "b", "")]),
    "an example that the signature is read off": (
        {**TEXT, "input_example": "a", "signature": "infer"},
        {**TEXT, "input_example": "b", "signature": "infer"},
        [("example-inferred", "input_example", "a", "b", "")]),
    "another name": (filed(register_as="a"), filed(register_as="b"),
        [("registered-name", "tracking.register_as", "a", "b", "")]),
    "a name": (TEXT, filed(register_as="b"),
        [("registered-added", "tracking.register_as", ABSENT, "b", "")]),
    "no name any more": (filed(register_as="b"), TEXT,
        [("registered-name", "tracking.register_as", "b", ABSENT, "")]),
    "where runs are filed": (
        filed(experiment="a", tags={"x": "1"}), filed(experiment="b", tags={"x": "2", "y": "3"}),
        [("tracking-changed", "tracking.experiment", "a", "b", ""),
         ("tracking-changed", "tracking.tags.x", "1", "2", ""),
         ("tracking-changed", "tracking.tags.y", ABSENT, "3", "")]),
    "metadata": ({**TEXT, "metadata": {"a": 1, "b": 1}}, {**TEXT, "metadata": {"a": 2, "b": 1}},
        [("metadata-changed", "metadata.a", 1, 2, "")]),
    "code that ships": ({**TEXT, "code_paths": ["a"]}, {**TEXT, "code_paths": ["a", "b"]},
        [("code-shipped", "code_paths", ["a"], ["a", "b"], "")]),
    "a description": ({**TEXT, "description": "a"}, TEXT,
        [("description-changed", "description", "a", ABSENT, "")]),
    "packages beside": (TEXT, requiring(conda=["ffmpeg=7"], channels=["conda-forge"]),
        [("package-set", "requirements.conda", [], ["ffmpeg=7"], ""),
         ("environment-changed", "requirements.channels", [], ["conda-forge"], "")]),
    "packages": (
        requiring(extra=["a==0.1.2", "b==1.2", "c"]), requiring(extra=["a==0.1.9", "b==1.3", "d"]),
        [("package-set", "requirements.extra.c", "any version", ABSENT, ""),
         ("package-set", "requirements.extra.d", ABSENT, "any version", ""),
         ("package-moved", "requirements.extra.a", "==0.1.2", "==0.1.9", ""),
         ("package-moved", "requirements.extra.b", "==1.2", "==1.3", "")]),
    "packages of other major versions": (
        requiring(extra=["a==0.1.2", "b==1.2", "c>=1"]),
        requiring(extra=["a==0.2", "b==2.0", "c>=2"]),
        [("package-major", "requirements.extra.a", "==0.1.2", "==0.2", ""),
         ("package-major", "requirements.extra.b", "==1.2", "==2.0", ""),
         ("package-major", "requirements.extra.c", ">=1", ">=2", "")]),
    "another kind of source": ({**TEXT, "source": HUB}, TEXT,
        [("weights-replaced", "source", HUB,
          {"kind": "scratch", "architecture": "gpt2", "seed": 0}, "")]),
    "a component": (TEXT, {**TEXT, "components": {"tokenizer": HUB}},
        [("component-changed", "components.tokenizer", ABSENT, HUB, "")]),
    "a component's revision": (
        {**TEXT, "components": {"tokenizer": HUB}},
        {**TEXT, "components": {"tokenizer": {**HUB, "revision": "v2"}}},
        [("component-changed", "components.tokenizer.revision", "main", "v2", "")]),
    "a file of the source": (
        {**TEXT, "source": HUB}, {**TEXT, "source": {**HUB, "file": "a.gguf"}},
        [("weights-replaced", "source.file", ABSENT, "a.gguf", "")]),
    "a param of a wider type": (
        {**TEXT, "params": {"top_k": 1}},
        {**TEXT, "params": {"top_k": {"type": "double", "default": 2}}},
        [("param-default", "params.top_k", 1, 2, ""),
         ("param-widened", "params.top_k", "long", "double", "")]),
    "an argument for loading": (TEXT, {**TEXT, "load": {"tokenizer": {"padding_side": "left"}}},
        [("load-argument", "load.tokenizer.padding_side", ABSENT, "left", "")]),
    "a number that no float can be": (
        {**TEXT, "model_config": {"eos_token_id": 10**400}},
        {**TEXT, "model_config": {"eos_token_id": 10**400}, "params": {"eos_token_id": 5}},
        [("param-added", "params.eos_token_id", ABSENT, {"type": "long", "default": 5}, "")]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_change_says_its_field_and_both_values(name: str) -> None:
    before, after, said = CASES[name]
    changes = compare(version(before), version(after))
    assert [(c.rule, c.field, c.before, c.after, c.detail) for c in changes] == said
