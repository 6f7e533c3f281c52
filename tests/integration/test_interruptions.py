"""A run that is stopped or finds no room leaves no half-written model."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import mlflow
import pytest
from transformers import GPT2Config, GPT2LMHeadModel

RUN = [sys.executable, "-m", "runner", "+recipe=text-generation/scratch", "tracking.uri=null"]
BIG = [sys.executable, "-m", "runner", "+recipe=big", "tracking.uri=null"]
BIG_RECIPE = """\
task: text-generation
source: {kind: scratch, architecture: gpt2, config: {n_embd: 256, n_layer: 4}}
evaluation: {views: []}
"""
MODEL = Path("outputs/big/default/model")


def _limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))


@pytest.mark.parametrize(
    "source",
    [
        "source: {kind: local, path: ../checkpoint}",
        "source: {kind: scratch, architecture: gpt2, config: {n_embd: 256}}",
    ],
    ids=["local", "scratch"],
)
def test_a_full_disk_ends_with_exit_3_and_nothing_half_written(
    workspace: Path, source: str
) -> None:
    """The limit on file size stands for the full disk: the same write fails, at the same place."""
    Path("recipes").mkdir()
    Path("recipes/big.yaml").write_text(
        "task: text-generation\nevaluation: {views: []}\n"
        "components: {tokenizer: {kind: scratch, architecture: gpt2}}\n" + source
    )
    GPT2LMHeadModel(GPT2Config(n_embd=256, n_layer=2, n_head=4, vocab_size=512)).save_pretrained(
        "checkpoint"
    )
    done = subprocess.run(
        [sys.executable, "-m", "runner", "+recipe=big", "tracking.uri=null"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_limit_file_size,
    )
    assert done.returncode == 3, done.stderr
    assert "storage-failed" in done.stderr
    assert "Traceback" not in done.stderr
    left = sorted(p.name for p in Path("outputs/big/default").iterdir())
    assert left == ["recipe.yaml", "record.json"]


def test_a_folder_that_may_not_be_written_is_named(workspace: Path) -> None:
    Path("outputs").write_text("a file where the folder should be")
    done = subprocess.run(RUN, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def _kill_after(seconds: float) -> None:
    """Start a run and kill it so long after it began to write."""
    process = subprocess.Popen(
        BIG, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while not (MODEL.parent / "recipe.yaml").exists() and process.poll() is None:
        time.sleep(0.005)
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("attempt", range(3))
def test_a_killed_run_never_leaves_a_half_written_model(workspace: Path, attempt: int) -> None:
    Path("recipes").mkdir()
    Path("recipes/big.yaml").write_text(BIG_RECIPE)
    _kill_after(random.Random(attempt).uniform(0.0, 0.8))
    if MODEL.exists():
        assert mlflow.pyfunc.load_model(str(MODEL)).predict("What is MLflow?")
    done = subprocess.run(BIG, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert mlflow.pyfunc.load_model(str(MODEL)).predict("What is MLflow?")
    assert not list(MODEL.parent.glob(".*"))
