"""The Python API: its documentation runs, and it leaves the process as it was."""

import gc
import inspect
import logging
import os
import random
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import runner
from tests.conftest import REPOSITORY

EXAMPLES = re.findall(
    r"^```python\n(.*?)^```", (REPOSITORY / "docs/python.md").read_text(), re.MULTILINE | re.DOTALL
)


def state() -> dict[str, Any]:
    """Give what the work could leave behind in the process."""
    import torch

    return {
        "environment": dict(os.environ),
        "warnings": list(warnings.filters),
        "levels": {n: logging.getLogger(n).level for n in ("mlflow", "transformers", "torch")},
        "path": list(sys.path),
        "random": random.getstate(),
        "numpy": str(np.random.get_state()),
        "torch": torch.get_rng_state().tolist(),
        "threads": torch.get_num_threads(),
        "default dtype": torch.get_default_dtype(),
        "garbage": (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()),
        "functions": {(name, key): id(found) for name, key, found in _functions()},
    }


def _functions() -> Iterator[tuple[str, str, object]]:
    """Give the functions of the libraries, which the work puts others in the place of."""
    libraries = ("mlflow", "transformers", "torch.nn", "torch.utils", "huggingface_hub", "peft")
    for name, module in sorted(sys.modules.items()):
        if name in BEFORE and name.startswith(libraries):
            for key, found in vars(module).items():
                if inspect.isroutine(found):
                    yield name, key, found
                elif inspect.isclass(found) and found.__module__ == name:
                    methods = ((f"{key}.{one}", member) for one, member in vars(found).items())
                    yield from ((name, one, m) for one, m in methods if inspect.isroutine(m))


BEFORE: set[str] = set()
"""The modules that were imported before: what an import brings is not counted."""


@pytest.mark.slow
def test_the_examples_run_in_order_and_leave_nothing_behind(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import mlflow
    import transformers.pipelines  # imported before, so that what imports change is not counted

    assert mlflow
    assert transformers
    runner.run(runner.compose("text-generation/scratch", "tracking.uri=null", "out=first"))
    capsys.readouterr()
    BEFORE.update(sys.modules)
    before = state()
    assert len(before["functions"]) > 5000
    names: dict[str, Any] = {}
    for example in EXAMPLES:
        quiet = example.replace("print(", "str(")
        exec(compile(quiet, "docs/python.md", "exec"), names)
        after = state()
        if "load_model" not in example:  # what MLflow does when others call it is its own affair
            assert {name for name in before if before[name] != after[name]} == set(), example
        before = after
        printed = capsys.readouterr()
        if "load_model" not in example:
            assert (printed.out, printed.err) == ("", ""), example
    assert len(EXAMPLES) >= 7


def test_what_is_promised_is_there_and_documented() -> None:
    assert sorted(runner.__all__) == runner.__all__
    for name in runner.__all__:
        assert getattr(runner, name).__doc__
    with pytest.raises(AttributeError, match="nothing_of_ours"):
        _ = runner.nothing_of_ours


def test_composing_imports_no_heavy_library(workspace: Path) -> None:
    code = (
        "import sys; from runner import compose; compose('text-generation/scratch');"
        "print(sorted({'torch', 'transformers', 'mlflow'} & set(sys.modules)))"
    )
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.slow
def test_functions_are_not_shadowed_by_modules(workspace: Path) -> None:
    code = (
        "import runner.work.run, runner.work.evaluate, runner.recipe.compose;"
        "from runner import run, evaluate, compose;"
        "print(all(map(callable, (run, evaluate, compose))))"
    )
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr


@pytest.mark.slow
def test_a_model_that_does_not_meet_the_recipe_fails_its_proof(workspace: Path) -> None:
    composed = runner.compose(["+recipe=text-generation/scratch", "tracking.uri=null"])
    record = runner.run(composed, workspace / "point")
    wanted = runner.compose("text-generation/scratch", "+evaluation.expect=[{equals: never}]")
    proof = runner.evaluate(workspace / "point" / "model", wanted)
    assert (record.verdict, proof.verdict) == ("passed", "failed")
    with pytest.raises(runner.RunnerError):
        runner.evaluate(workspace / "nowhere", wanted)
