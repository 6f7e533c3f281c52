"""Environments of a model's own requirements: told apart, made once, truthful where they fail."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from runner.evaluation.environments import EnvironmentFailed, digest_of, environment_of
from runner.evaluation.plain_mlflow import read, written
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
UV = """#!/bin/sh
echo "$@" >> {calls}
{then}
"""


def model(folder: Path, requirements: str, python: str = "python: 3.11.9\n") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "requirements.txt").write_text(requirements)
    (folder / "python_env.yaml").write_text(python)
    return folder


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put a program called uv on the path, alone; gives the file that its calls are written to."""

    def put(then: str) -> Path:
        folder, calls = tmp_path / "bin", tmp_path / "calls"
        folder.mkdir(exist_ok=True)
        (folder / "uv").write_text(UV.format(calls=calls, then=then))
        (folder / "uv").chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        return calls

    return put


def test_models_that_require_the_same_share_an_environment(tmp_path: Path) -> None:
    one = digest_of(model(tmp_path / "a", "mlflow==3.17.2\ntorch==2.13.0\n"))
    assert one == digest_of(model(tmp_path / "b", "torch==2.13.0\n\nmlflow==3.17.2"))
    assert one != digest_of(model(tmp_path / "b", "torch==2.13.1\nmlflow==3.17.2"))
    assert one != digest_of(
        model(tmp_path / "a", "mlflow==3.17.2\ntorch==2.13.0\n", "python: 3.12.1")
    )
    bound = model(tmp_path / "b", "torch==2.13.0\nmlflow==3.17.2")
    (bound / "constraints.txt").write_text("numpy<2")
    assert one != digest_of(bound)


def test_an_environment_is_made_once(tmp_path: Path, uv: Callable[[str], Path]) -> None:
    calls = uv('test $2 = pip || mkdir -p "$6"')
    said = model(tmp_path / "a", "mlflow==3.17.2\n")
    folder = tmp_path / "cache" / "recipe-runner" / "environments" / digest_of(said)
    assert environment_of(said) == folder / "bin" / "python"
    made = calls.read_text().splitlines()
    assert [line.split()[1] for line in made] == ["venv", "pip"]
    assert made[0].split()[-1] == str(folder)
    assert str(said / "requirements.txt") in made[1]
    assert environment_of(model(tmp_path / "b", "mlflow==3.17.2")) == folder / "bin" / "python"
    assert calls.read_text().splitlines() == made


def test_one_that_failed_is_made_again_and_is_no_failure_of_the_model(
    tmp_path: Path, uv: Callable[[str], Path]
) -> None:
    said = model(tmp_path / "a", "mlflow==0.0.0\n")
    calls = uv("test $2 = venv || { echo 'no solution: there is no mlflow==0.0.0' >&2; exit 1; }")
    (tmp_path / "cache" / "recipe-runner" / "environments" / digest_of(said)).mkdir(parents=True)
    for made in (2, 4):
        with pytest.raises(EnvironmentFailed, match="there is no mlflow==0.0.0") as failed:
            environment_of(said)
        assert failed.value.exit == 3
        assert len(calls.read_text().splitlines()) == made


def test_without_uv_nothing_is_begun(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    asked = ("+recipe=text-generation/scratch", "tracking.uri=null", "out=made")
    done = cli(*asked, "evaluation.views=[pyfunc,isolated]")
    assert done.code == 3
    assert "environment-failed" in done.stderr
    assert "pip install uv" in done.stderr
    assert not [*Path("made").rglob("MLmodel")]


@pytest.mark.parametrize(
    "value",
    [
        ["a text", 1, 0.1, True, None],
        {"audio": b"RIFF\0", "bytes": "no bytes", "map": {"array": [1]}},
        {"deep": [{"vector": [0.1, float("inf")]}]},
    ],
)
def test_what_goes_between_processes_arrives_as_it_was(value: Any) -> None:
    assert read(written(value)) == value


def test_arrays_and_tables_arrive_as_rows_of_their_types() -> None:
    array = np.array([[0.1, 2.5]], dtype="float32")
    arrived = read(written({"x": array}))["x"]
    assert arrived.dtype == array.dtype
    assert np.array_equal(arrived, array)
    frame = pd.DataFrame({"label": ["A"], "score": [np.float32(0.1)]})
    assert read(written(frame)) == [{"label": "A", "score": float(np.float32(0.1))}]
