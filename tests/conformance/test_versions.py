"""Models made with one major version of transformers, loaded and run with another."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from runner.evaluation.samples import sample_file
from runner.machine.ffmpeg import decode
from runner.tasks import get_task
from tests.conformance.cases import Case, cases
from tests.conformance.samples import Samples, film
from tests.conftest import REPOSITORY

WORKER = Path(__file__).parent / "versions_worker.py"
PAGE = REPOSITORY / "docs" / "transformers-versions.md"
OTHER = os.environ.get("OTHER_PYTHON", "")
CONFIG = {"text-to-audio": {"noise_scale": 0.0, "noise_scale_duration": 0.0}}
NAMES = [c.name for c in {c.task: c for c in cases()}.values()]
HEAD = """\
# Versions of transformers

A model's inference code runs on transformers 4.57 and on 5. Written by `UPDATE_DOCS=1 make test-t5 TESTS=tests/conformance`,
which also holds it to what it finds: for each task a small random model is made by the runner under one version, and loaded
by plain `mlflow.pyfunc.load_model` and run under both. *equal* means the same output, numbers to within 1e-4.

Under transformers 5 the tasks whose pipelines it has no more (`summarization`, `translation`, `text2text-generation`,
`question-answering`, `image-to-text`, `visual-question-answering`) have the `python_function` flavor alone:
[conformance-transformers-5.md](conformance-transformers-5.md).

"""

pytestmark = pytest.mark.skipif(
    not OTHER, reason="OTHER_PYTHON names no second environment: run make test-t5"
)


class Both:
    """Every case, made with both versions and asked under both.

    Args:
        folder: An empty folder to work in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        sound = sample_file(folder, "audio")
        np.save(sound.with_suffix(".npy"), np.frombuffer(decode(sound, 16_000), np.float32))
        seen = film(folder / "sample.mp4", 16, seed=0)
        found = cases(Samples(sound, sample_file(folder, "image"), seen))
        self.cases = {c.name: c for c in {c.task: c for c in found}.values()}
        self.pythons = {self._version(p): p for p in (sys.executable, OTHER)}
        assert len(self.pythons) == 2, "the two environments have the same transformers"
        made = {version: self._make(version) for version in self.pythons}
        self.answers = {
            (origin, version): self._ask(made[origin], origin, version)
            for origin in self.pythons
            for version in self.pythons
        }

    def _version(self, python: str) -> str:
        code = "from importlib.metadata import version; print(version('transformers'))"
        return subprocess.run(
            [python, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()

    def _make(self, version: str) -> dict[str, Path]:
        work = self.folder / version
        (work / "recipes").mkdir(parents=True)
        for name, case in self.cases.items():
            (work / "recipes" / f"{name}.yaml").write_text(yaml.safe_dump(self._recipe(case)))
        done = subprocess.run(
            [self.pythons[version], "-m", "runner", "-m", f"+recipe={','.join(self.cases)}",
             "out=out", "tracking.uri=null"],
            cwd=work, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return {name: next((work / "out").glob(f"**/{name}/*/model")) for name in self.cases}

    def _recipe(self, case: Case) -> dict[str, Any]:
        config = {"config": CONFIG[case.task]} if case.task in CONFIG else {}
        return {
            "task": case.task,
            "source": {"kind": "scratch", "architecture": case.architecture, **config},
            "model_config": {**case.config, "batch_tokens": 512},
            "evaluation": {"views": []},
            **case.recipe,
        }

    def _ask(self, models: dict[str, Path], origin: str, version: str) -> dict[str, Any]:
        asked = self.folder / f"asked-{origin}-{version}.json"
        told = asked.with_name(f"told-{origin}-{version}.json")
        questions = {
            name: {"path": str(path), "input": self.cases[name].input}
            for name, path in models.items()
        }
        asked.write_text(json.dumps(questions))
        done = subprocess.run(
            [self.pythons[version], "-I", str(WORKER), str(asked), str(told)],
            capture_output=True, text=True, check=False,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(told.read_text())

    def outcome(self, name: str, origin: str) -> str:
        """Say how a model made with one version does under the other."""
        (version,) = self.pythons.keys() - {origin}
        own, cross = (self.answers[origin, v][name] for v in (origin, version))
        assert "value" in own, own
        if "error" in cross:
            return cross["error"]
        return "equal" if near(own["value"], cross["value"]) else "differs"


def near(left: Any, right: Any) -> bool:
    """Compare: text exactly, numbers to within 1e-4."""
    match left:
        case dict():
            return left.keys() == right.keys() and all(near(left[k], right[k]) for k in left)
        case list():
            return len(left) == len(right) and all(map(near, left, right))
        case float():
            return abs(left - right) <= 1e-4
        case _:
            return left == right


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Every case, made with both versions and asked under both."""
    return Both(tmp_path_factory.mktemp("versions"))


@pytest.mark.parametrize("name", NAMES)
def test_a_model_made_with_one_version_runs_with_the_other(both: Both, name: str) -> None:
    four, five = sorted(both.pythons)
    assert both.outcome(name, four) == "equal"
    back = both.outcome(name, five)
    if "processor" in get_task(both.cases[name].task).components:
        assert f"transformers {four} cannot read the processor, which {five} wrote" in back
    else:
        assert back == "equal"


def test_the_page_says_what_was_found(both: Both) -> None:
    four, five = sorted(both.pythons)
    rows = [f"| task | {four} → {five} | {five} → {four} |", "|---|---|---|"]
    for name, case in both.cases.items():
        cells = " | ".join(both.outcome(name, origin) for origin in (four, five))
        rows.append(f"| {case.task} | {cells} |")
    text = HEAD + "\n".join(rows) + "\n"
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text, "UPDATE_DOCS=1 writes it anew"
