"""Recordings that are longer than the model hears at once."""

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
import torch
import yaml
from mlflow.exceptions import MlflowException
from transformers import WhisperForConditionalGeneration, WhisperProcessor

from runner.recipe.compose import compose
from runner.records import RunRecord
from runner.work.run import run
from tests.pyfunc.conftest import Packaged
from tests.pyfunc.media import recording
from tests.whisper import tiny_whisper

TASK = "automatic-speech-recognition"
RATE = 16_000
WHISPER: dict[str, Any] = {"architecture": "whisper", "model_config": {"max_new_tokens": 8}}


@pytest.mark.parametrize("seconds", [31, 65])
def test_a_long_recording_needs_a_model_that_knows_times(shipped: Packaged, seconds: int) -> None:
    with pytest.raises(MlflowException, match="timestamps") as caught:
        shipped(TASK, **WHISPER).predict([recording(RATE * seconds, 1)])
    assert caught.value.get_http_status_code() == 400


@pytest.fixture
def proven(workspace: Path) -> RunRecord:
    """Prove a Whisper on recordings of 5 and 65 seconds, held to its source."""
    tiny_whisper(workspace / "source")
    for seconds in (5, 65):
        (workspace / f"{seconds}.wav").write_bytes(recording(RATE * seconds, seconds))
    recipe = {
        "task": TASK,
        "source": {"kind": "local", "path": "source"},
        "model_config": {"max_new_tokens": 12},
        "evaluation": {
            "inputs": ["5.wav", "65.wav"],
            "views": ["source", "native", "pyfunc", "server"],
        },
    }
    (workspace / "long.yaml").write_text(yaml.safe_dump(recipe))
    return run(compose(["+recipe=long.yaml", "tracking.uri=null"]), workspace / "out", "default")


def test_whisper_hears_all_of_a_long_recording(proven: RunRecord, workspace: Path) -> None:
    assert proven.verdict == "passed", proven.failed_checks
    assert {c.view: c.outcome for c in proven.checks if c.name == "source"} == {
        "native": "passed",
        "pyfunc": "passed",
    }
    assert not [check for check in proven.checks if check.name == "length"], "nothing is cut"
    (text,) = mlflow.pyfunc.load_model(proven.model).predict([(workspace / "65.wav").read_bytes()])
    assert text == by_transformers_alone(workspace)


def by_transformers_alone(workspace: Path) -> str:
    """Have the model write down the whole recording, window by window, without a pipeline."""
    folder = workspace / "source"
    processor: Any = WhisperProcessor.from_pretrained(folder)
    model: Any = WhisperForConditionalGeneration.from_pretrained(folder).eval()
    packed = (workspace / "65.wav").read_bytes()[44:]
    samples = np.frombuffer(packed, np.int16).astype(np.float32) / 32768
    how: dict[str, Any] = {
        "truncation": False,
        "padding": "longest",
        "return_attention_mask": True,
        "return_tensors": "pt",
    }
    heard = processor(samples, sampling_rate=RATE, **how)
    assert heard["input_features"].shape[-1] > 6000, "frames of more than a minute"
    with torch.inference_mode():
        tokens = model.generate(
            **heard, return_timestamps=True, max_new_tokens=12, num_beams=5
        )  # the pipeline searches with five beams
    return processor.batch_decode(tokens, skip_special_tokens=True)[0].strip()


def test_a_long_recording_goes_through_ctc_in_chunks(shipped: Packaged, native: Packaged) -> None:
    chunks = {"chunk_length_s": 10, "stride_length_s": 2}
    samples = np.random.default_rng(1).normal(0, 0.1, RATE * 45).astype(np.float32)
    heard = shipped(TASK, input_type="array").predict([samples], chunks)
    assert heard == [native(TASK, input_type="array")(samples.copy(), **chunks)["text"].strip()]


def test_what_is_not_heard_of_a_recording_is_said(
    shipped: Packaged, caplog: pytest.LogCaptureFixture
) -> None:
    ast: dict[str, Any] = {"architecture": "audio-spectrogram-transformer"}
    long, brief = recording(RATE * 12, 1), recording(RATE, 1)
    assert len(shipped("audio-classification", **ast, input_type="bytes").predict([brief, long]))
    (said,) = (r.getMessage() for r in caplog.records if r.name == "recipe_pyfunc")
    assert said == "row 1 has 12.0 s; the model takes 10.2 s: cut"
    strict = {"evaluation": {"views": [], "truncation": "error"}}
    with pytest.raises(MlflowException, match="row 1 has 12.0 s"):
        shipped("audio-classification", **ast, **strict, input_type="bytes").predict([brief, long])
