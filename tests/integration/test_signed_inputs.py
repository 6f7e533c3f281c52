"""Inputs in the forms that a signature written down gives them: names, pairs, arrays, JSON."""

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest

from tests.integration.conftest import Run

SPEECH: dict[str, Any] = {
    "task": "automatic-speech-recognition",
    "source": {"kind": "scratch", "architecture": "wav2vec2"},
}
PAIRS: dict[str, Any] = {
    "task": "text-classification",
    "source": {"kind": "scratch", "architecture": "bert"},
    "signature": {
        "inputs": [
            {"name": "text", "type": "string"},
            {"name": "text_pair", "type": "string", "required": False},
        ]
    },
}


def views_of(model: Path) -> dict[str, Any]:
    """Give the answers by view."""
    record = json.loads((model.parent / "record.json").read_text())
    return {view["view"]: view["outputs"] for view in record["views"]}


@pytest.mark.parametrize(
    ("task", "architecture", "column"),
    [
        ("text-classification", "bert", {"type": "string", "name": "review"}),
        ("automatic-speech-recognition", "wav2vec2", {"type": "binary", "name": "audio"}),
        ("audio-classification", "wav2vec2", {"type": "string", "name": "audio"}),
        ("image-classification", "vit", {"type": "string", "name": "image"}),
        ("image-to-text", "blip", {"type": "binary", "name": "image"}),
        ("object-detection", "yolos", {"type": "string", "name": "image"}),
        ("video-classification", "videomae", {"type": "string", "name": "video"}),
    ],
)
def test_what_is_one_value_may_have_a_name(
    run: Run, task: str, architecture: str, column: dict[str, str]
) -> None:
    source = {"kind": "scratch", "architecture": architecture}
    done, model = run({"task": task, "source": source, "signature": {"inputs": [column]}})
    assert done.code == 0, done.stderr
    assert {*views_of(model)} == {"native", "pyfunc"}


def test_pairs_of_texts_are_proven(run: Run) -> None:
    pair = {"text": "my dog", "text_pair": "is wonderful"}
    inputs = {"inputs": [pair, {"text": "my dog"}], "views": ["native", "pyfunc", "server"]}
    done, model = run({**PAIRS, "evaluation": inputs})
    assert done.code == 0, done.stderr
    native, pyfunc, server = views_of(model).values()
    assert native[0]["score"] != native[1]["score"]
    for other in (pyfunc, server):
        assert [row["score"] for row in other] == pytest.approx([row["score"] for row in native])


def test_an_example_is_asked_for_where_the_tasks_own_does_not_fit(run: Run) -> None:
    done, _ = run(PAIRS)
    assert done.code == 2
    assert "The task's own example is the text" in done.stderr
    assert "takes a mapping with text, text_pair (optional)" in done.stderr


@pytest.mark.parametrize("name", [None, "audio"])
@pytest.mark.parametrize(("dtype", "shape"), [("float32", [-1]), ("float64", [-1, -1])])
def test_a_signature_of_tensors_takes_samples(
    run: Run, name: str | None, dtype: str, shape: list[int]
) -> None:
    tensor = {"type": "tensor", "dtype": dtype, "shape": shape, **({"name": name} if name else {})}
    done, model = run({**SPEECH, "signature": {"inputs": [tensor]}})
    assert done.code == 0, done.stderr
    silence = np.zeros([8000] if len(shape) == 1 else [2, 8000], dtype)
    loaded = mlflow.pyfunc.load_model(str(model))
    assert len(loaded.predict({name: silence} if name else silence)) == len(shape)


def test_a_column_of_arrays_takes_samples(run: Run) -> None:
    column = {"name": "audio", "type": "array", "items": {"type": "double"}}
    done, model = run({
        **SPEECH,
        "signature": {"inputs": [column]},
        "evaluation": {"views": ["native", "pyfunc", "server"]},
    })  # fmt: skip
    assert done.code == 0, done.stderr
    rows = pd.DataFrame({"audio": [[0.0] * 8000, [0.0] * 4000]})
    assert len(mlflow.pyfunc.load_model(str(model)).predict(rows)) == 2


@pytest.mark.parametrize(("form", "kind"), [("array", "string"), ("path", "binary")])
def test_a_form_of_input_does_not_contradict_the_signature(run: Run, form: str, kind: str) -> None:
    done, _ = run({**SPEECH, "input_type": form, "signature": {"inputs": [{"type": kind}]}})
    assert done.code == 2
    said = f"`input_type: {form}` is not what the signature has: {kind}."
    assert f"error[input-type-not-used] {said}" in done.stderr


TABLE = {"product": ["tea", "coffee"], "sold": ["25", "50"]}


@pytest.mark.parametrize(
    ("task", "architecture", "given"),
    [
        ("table-question-answering", "tapas", {"query": "Which?", "table": TABLE}),
        (
            "zero-shot-classification",
            "bert",
            {"sequences": "a good day", "candidate_labels": ["glad", "sad, or so"]},
        ),
    ],
)
def test_structures_may_be_written_as_json_text(
    run: Run, task: str, architecture: str, given: dict[str, Any]
) -> None:
    labels = ["contradiction", "entailment"] if architecture == "bert" else None
    source = {"kind": "scratch", "architecture": architecture, "labels": labels}
    column = next(name for name, value in given.items() if not isinstance(value, str))
    as_text = {**given, column: json.dumps(given[column])}
    done, model = run({
        "task": task, "source": source, "input_example": as_text,
        "evaluation": {"inputs": [given, as_text]},
    })  # fmt: skip
    assert done.code == 0, done.stderr
    native = views_of(model)["native"]
    half = len(native) // 2
    assert native[:half] == native[half:]
