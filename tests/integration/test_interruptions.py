"""A run that is stopped or finds no room leaves no half-written model."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import mlflow
import pytest
from transformers import GPT2Config, GPT2LMHeadModel

from tests.command import MAIN
from tests.conftest import REPOSITORY, Outcome
from tests.forked import start

BIG = ["+recipe=big", "tracking.uri=null"]
FULL = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))"
BIG_RECIPE = """\
task: text-generation
source: {kind: scratch, architecture: gpt2, config: {n_embd: 256, n_layer: 4}}
model_config: {max_new_tokens: 2}
evaluation: {views: []}
"""
MODEL = Path("outputs/big/default/model")
STORE = Path("outputs/.store")


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
    done = start(
        f"{FULL}\n{MAIN}", workspace, argv=["runner", *BIG], path=["", str(REPOSITORY)]
    ).end()
    assert done.code == 3, done.stderr
    assert "storage-failed" in done.stderr
    assert "Traceback" not in done.stderr
    left = sorted(p.name for p in Path("outputs/big/default").iterdir())
    assert left == ["recipe.yaml", "record.json"]


def test_a_folder_that_may_not_be_written_is_named(cli: Callable[..., Outcome]) -> None:
    Path("outputs").write_text("a file where the folder should be")
    done = cli("+recipe=text-generation/scratch", "tracking.uri=null")
    assert done.code == 3, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


_FORKS = """
import os, sys
import mlflow.transformers, peft, transformers.models.gpt2.modeling_gpt2, transformers.pipelines
import runner.work.run, runner.sweeps.run_all
from runner.cli import main
for line in sys.stdin:
    child = os.fork()
    if not child:
        os._exit(int(main(line.split())))
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Starts a run in a process of its own for each line: the imports, which write nothing, once."""


class _Runs:
    """Runs that can be killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _FORKS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def start(self) -> int:
        """Start one; gives its process."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(" ".join([*BIG, "--rerun"]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> int:
        """Wait for its end; gives its exit code, below zero where a signal ended it."""
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


def _kill(process: int, seconds: float) -> None:
    """Kill a run so long after it began to work, if it is not over."""
    while not list(MODEL.parent.glob(".work-*")):
        time.sleep(0.002)
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def test_a_run_killed_at_twenty_moments_never_leaves_a_half_written_model(workspace: Path) -> None:
    Path("recipes").mkdir()
    Path("recipes/big.yaml").write_text(BIG_RECIPE)
    runs = _Runs()
    usual = 0.0
    for _ in range(2):  # the first one still imports
        began = time.perf_counter()
        shutil.rmtree(STORE, ignore_errors=True)
        runs.start()
        assert runs.end() == 0
        usual = time.perf_counter() - began
    moments = random.Random(0)
    killed = 0
    while killed < 20:
        if killed % 2:  # every other run has no model to replace
            shutil.rmtree(MODEL, ignore_errors=True)
        if killed % 3:  # and two of three make the weights
            shutil.rmtree(STORE, ignore_errors=True)
        _kill(runs.start(), moments.uniform(0.0, usual / 2))
        killed += runs.end() == -signal.SIGKILL
        if MODEL.exists():
            assert mlflow.pyfunc.load_model(str(MODEL)).predict("What is MLflow?")
        runs.start()
        assert runs.end() == 0
        assert mlflow.pyfunc.load_model(str(MODEL)).predict("What is MLflow?")
        assert not list(MODEL.parent.glob(".*"))
        (entry,) = (path for path in STORE.glob("weights/*") if path.is_dir())
        assert (entry / "model.safetensors").samefile(MODEL / "model/model.safetensors")
    runs.close()
