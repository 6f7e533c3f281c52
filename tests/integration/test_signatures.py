"""Signatures in all three ways: the task's own, explicit, and inferred; and the params schema."""

import base64
import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from mlflow.models import Model, ModelSignature
from mlflow.types.schema import DataType

from tests.integration.conftest import Run

GPT2: dict[str, Any] = {
    "task": "text-generation",
    "source": {"kind": "scratch", "architecture": "gpt2"},
    "model_config": {"do_sample": False, "max_new_tokens": 3},
}


def signature_of(path: Path) -> ModelSignature:
    """Give the signature as plain MLflow reads it."""
    signature = Model.load(str(path)).signature
    assert signature is not None
    return signature


def test_an_explicit_signature_with_arrays_and_nested_types_is_kept(run: Run) -> None:
    inputs = [
        {"name": "question", "type": "string"},
        {"name": "context", "type": "string"},
        {"name": "tags", "type": "array", "items": {"type": "string"}, "required": False},
        {
            "name": "origin",
            "type": "object",
            "required": False,
            "properties": {
                "url": {"type": "string"},
                "visits": {"type": "map", "values": {"type": "long"}, "required": False},
            },
        },
    ]
    recipe = {
        "task": "question-answering",
        "source": {"kind": "scratch", "architecture": "bert"},
        "signature": {"inputs": inputs, "outputs": [{"name": "answer", "type": "string"}]},
        "evaluation": {"views": []},
    }
    done, model = run(recipe)
    assert done.code == 0, done.stderr
    signature = signature_of(model)
    assert signature.inputs.input_names() == ["question", "context", "tags", "origin"]
    assert signature.inputs.required_input_names() == ["question", "context"]
    assert str(signature.inputs.input_types()[2]) == "Array(string)"
    nested = signature.inputs.to_dict()[3]["properties"]
    assert nested["visits"] == {"type": "map", "values": {"type": "long"}, "required": False}
    assert signature.outputs.input_names() == ["answer"]


def test_an_inferred_signature_is_what_running_the_example_shows(run: Run) -> None:
    done, model = run(GPT2 | {"signature": "infer", "input_example": "What is MLflow?"})
    assert done.code == 0, done.stderr
    signature = signature_of(model)
    assert [str(t) for t in signature.inputs.input_types()] == ["DataType.string"]
    assert [str(t) for t in signature.outputs.input_types()] == ["DataType.string"]


def test_a_signature_that_cannot_be_inferred_is_an_error_not_a_default(run: Run) -> None:
    done, model = run(
        GPT2
        | {
            "signature": "infer",
            "input_example": "What is MLflow?",
            "model_config": {"num_beams": 1, "num_return_sequences": 3, "do_sample": False},
        }
    )
    assert done.code == 2
    assert "error[signature-failed]" in done.stderr
    assert "input_example" in done.stderr
    assert not model.exists()


BERT = {"kind": "scratch", "architecture": "bert"}
QUESTION = {"question": "Who am I?", "context": "I am Sarah and I live in London."}


@pytest.mark.parametrize(
    ("recipe", "types"),
    [
        (GPT2 | {"model_config": {**GPT2["model_config"], "num_beams": 2,
                                  "num_return_sequences": 2}}, ["Array(string)"]),
        ({"task": "text-classification", "source": BERT, "params": {"top_k": 2}},
         ["Array(string)", "Array(double)"]),
        ({"task": "text-classification", "source": BERT, "params": {"top_k": 1}},
         ["DataType.string", "DataType.double"]),
        ({"task": "image-classification", "model_config": {"top_k": 2},
          "source": {"kind": "scratch", "architecture": "vit"}},
         ["Array(string)", "Array(double)"]),
        ({"task": "fill-mask", "source": BERT, "params": {"top_k": 3}}, ["Array(string)"]),
        ({"task": "question-answering", "source": BERT, "model_config": {"top_k": 2},
          "evaluation": {"inputs": [QUESTION]}}, ["Array(string)"]),
        ({"task": "question-answering", "source": BERT, "evaluation": {"inputs": [QUESTION]},
          "model_config": {"top_k": 2, "return_scores": True}}, ["DataType.string"]),
    ],
    ids=str,
)  # fmt: skip
def test_outputs_are_signed_in_the_form_that_the_recipe_asks_for(
    run: Run, recipe: dict[str, Any], types: list[str]
) -> None:
    done, model = run(recipe)
    assert done.code == 0, done.stderr
    assert [str(t) for t in signature_of(model).outputs.input_types()] == types
    record = json.loads((model.parent / "record.json").read_text())
    held = {c["view"]: c["outcome"] for c in record["checks"] if c["name"] == "source"}
    scored = types == ["DataType.string"]
    assert held == {"native": "passed", "pyfunc": "skipped" if scored else "passed"}


def test_params_of_every_type_reach_the_schema(run: Run) -> None:
    params = {
        "max_new_tokens": {"type": "integer", "default": 3},
        "temperature": {"type": "float", "default": 0.5},
        "top_p": {"type": "double", "default": 0.9},
        "top_k": {"type": "long", "default": 5},
        "do_sample": {"type": "boolean", "default": False},
        "prefix": {"type": "string", "default": ""},
        "bad_words_ids": {"type": "long", "default": [1, 2], "shape": [-1]},
        "transformers_version": {"type": "datetime", "default": "2026-01-02T03:04:05"},
        "generation_config": {
            "type": "object",
            "default": {"num_beams": 2},
            "properties": {"num_beams": {"type": "long"}},
        },
    }
    recipe = GPT2 | {"params": params, "evaluation": {"views": []}}
    del recipe["model_config"]
    done, model = run(recipe)
    assert done.code == 0, done.stderr
    schema = signature_of(model).params
    assert schema is not None
    kept = {p["name"]: p for p in schema.to_dict()}
    assert {name: p["type"] for name, p in kept.items()} == {
        name: p["type"] for name, p in params.items()
    }
    assert kept["bad_words_ids"]["shape"] == (-1,)
    assert kept["transformers_version"]["default"] == "2026-01-02T03:04:05"
    assert kept["generation_config"]["properties"] == {
        "num_beams": {"type": "long", "required": True}
    }


def test_an_example_is_stored_with_the_params_it_goes_with(run: Run) -> None:
    done, path = run(GPT2 | {"input_example": ["one", "two"], "params": {"top_k": 5}})
    assert done.code == 0, done.stderr
    model = Model.load(str(path))
    assert model.load_input_example(str(path)) == ["one", "two"]
    assert model.load_input_example_params(str(path)) == {"top_k": 5}
    request = json.loads(model.get_serving_input(str(path)) or "")
    assert request["params"] == {"top_k": 5}


@pytest.mark.parametrize(
    ("input_type", "kind"), [("bytes", "binary"), ("path", "string"), ("array", "float32")]
)
def test_audio_is_signed_in_the_form_callers_give_it(
    run: Run, workspace: Path, input_type: str, kind: str
) -> None:
    from runner.evaluation.samples import sample_file

    sound = sample_file(workspace, "audio")
    recipe = {
        "task": "automatic-speech-recognition",
        "source": {"kind": "scratch", "architecture": "wav2vec2"},
        "input_type": input_type,
        "input_example": "sample.wav",
    }
    done, path = run(recipe)
    assert done.code == 0, done.stderr
    (entry,) = signature_of(path).inputs.to_dict()
    assert kind in json.dumps(entry)
    example = Model.load(str(path)).load_input_example(str(path))
    match input_type:
        case "bytes":
            given = example if isinstance(example, bytes) else base64.b64decode(example)
            assert given == sound.read_bytes()
        case "path":
            assert Path(str(np.asarray(example).item())).name == "sample.wav"
        case _:
            assert np.asarray(example).shape == (16_000,)
    assert mlflow.models.Model.load(str(path)).signature is not None


@pytest.mark.parametrize(
    ("task", "architecture", "inputs"),
    [
        ("image-classification", "vit", [{"type": "binary"}]),
        ("video-classification", "videomae", [{"type": "binary"}]),
        (
            "visual-question-answering",
            "vilt",
            [{"name": "image", "type": "binary"}, {"name": "question", "type": "string"}],
        ),
    ],
)
def test_images_and_videos_may_be_signed_as_bytes(
    run: Run, task: str, architecture: str, inputs: list[dict[str, str]]
) -> None:
    done, path = run({
        "task": task,
        "source": {"kind": "scratch", "architecture": architecture},
        "signature": {"inputs": inputs},
    })  # fmt: skip
    assert done.code == 0, done.stderr
    assert signature_of(path).inputs.input_types()[0] is DataType.binary


def test_structured_columns_declared_as_arrays_are_sent_as_arrays(run: Run) -> None:
    labels = {"name": "candidate_labels", "type": "array", "items": {"type": "string"}}
    recipe = {
        "task": "zero-shot-classification",
        "source": {
            "kind": "scratch",
            "architecture": "bert",
            "labels": ["contradiction", "neutral", "entailment"],
        },
        "signature": {"inputs": [{"name": "sequences", "type": "string"}, labels]},
        "evaluation": {
            "inputs": [{"sequences": "a good day", "candidate_labels": ["glad", "sad"]}],
            "views": ["native", "pyfunc", "server"],
        },
    }
    done, _ = run(recipe)
    assert done.code == 0, done.stderr
    assert "'candidate_labels': ['glad', 'sad']" in done.stdout + done.stderr


@pytest.mark.parametrize("template", [None, "Say: {prompt}"])
def test_a_text_that_has_a_name_is_asked_by_it(run: Run, template: str | None) -> None:
    recipe = {
        **GPT2,
        "prompt_template": template,
        "signature": {"inputs": [{"type": "string", "name": "words"}]},
        "evaluation": {
            "inputs": [{"words": "hello"}, {"words": "you"}],
            "views": ["native", "pyfunc", "server"],
        },
    }
    done, model = run(recipe)
    assert done.code == 0, done.stderr
    native, pyfunc, server = json.loads((model.parent / "record.json").read_text())["views"]
    assert native["outputs"] == pyfunc["outputs"] == server["outputs"]


def test_the_example_of_the_task_gets_the_name_too(run: Run) -> None:
    source = {"kind": "scratch", "architecture": "bert"}
    inputs = [{"type": "string", "name": "text"}]
    done, _ = run(
        {"task": "text-classification", "source": source, "signature": {"inputs": inputs}}
    )
    assert done.code == 0, done.stderr


def test_an_output_without_a_name_cannot_be_named(run: Run) -> None:
    recipe = {
        "task": "question-answering",
        "source": {"kind": "scratch", "architecture": "bert"},
        "signature": {
            "inputs": [
                {"name": "question", "type": "string"},
                {"name": "context", "type": "string"},
            ],
            "outputs": [{"name": "answer", "type": "string"}],
        },
    }
    done, _ = run(recipe)
    assert done.code == 2
    said = "question-answering gives one value without a name, not `answer`. Leave out `name`."
    assert f"error[signature-name] {said}" in done.stderr
