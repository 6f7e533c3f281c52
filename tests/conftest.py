"""What every test gets: a folder of its own as working directory, and no network."""

import compileall
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from _pytest.assertion import rewrite

from tests.hub_server import Hub
from tests.quick_mlflow import hasten_mlflow

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
if "PYTEST_XDIST_WORKER" in os.environ:  # tests run beside each other, each on a core
    os.environ.setdefault("OMP_NUM_THREADS", "1")

REPOSITORY = Path(__file__).parent.parent
QUICK = {
    *(
        "benchmarks",
        "cli",
        "comparing",
        "datasets",
        "doctor",
        "evaluation",
        "fuzz",
        "hostile",
        "locks",
        "metrics",
    ),
    *("recipe", "report", "review", "statistics"),
}
"""Folders whose tests need no model, or hardly one; and so do the files outside any folder."""
LONGEST = (
    *("conformance/test_conformance.py", "structures/test_structures.py"),
    *("work/test_rehearse.py", "sweeps/test_launching.py", "integration/test_persist.py"),
    *("recipe/composing/test_one_composition.py", "integration/test_interruptions.py"),
    *("integration/test_adapters.py", "test_adding.py"),
    *("integration/test_real_models.py", "sources/hub/test_hub_faults.py"),
    *("work/test_specification.py", "pyfunc/test_alignment.py", "pyfunc/test_generation.py"),
    *("sweeps/test_at_once.py", "integration/test_locking.py", "integration/test_disk.py"),
)
"""The files that take longest, in their order: they come first, so that none is left at the end."""


def pytest_configure(config: pytest.Config) -> None:
    """Compile the runner before all else: many tests start it, and some may not write there.

    The tests are compiled too, once for all processes.
    """
    if getattr(config.option, "numprocesses", None):
        compileall.compile_dir(REPOSITORY / "runner", quiet=2)
        compileall.compile_dir(REPOSITORY / "tests", quiet=2, rx=re.compile(r"/test_\w+\.py$"))
        for file in (REPOSITORY / "tests").rglob("test_*.py"):
            _keep_rewritten(file, config)


def _keep_rewritten(file: Path, config: pytest.Config) -> None:
    """Keep a test file with its assertions rewritten where pytest looks for it."""
    kept = rewrite.get_cache_dir(file) / f"{file.stem}{rewrite.PYC_TAIL}"
    if rewrite._read_pyc(file, kept) is None:
        with suppress(SyntaxError):  # which is said when it is collected
            stamp, code = rewrite._rewrite_test(file, config)
            rewrite.try_makedirs(kept.parent)
            rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, stamp, kept)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Take half as many processes again as there are cores: a third of the time is waiting.

    Tests that need no model wait for nothing.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return cores if _without_models(config) else ceil(cores * 1.5)


def _without_models(config: pytest.Config) -> bool:
    return config.option.markexpr.startswith("unit")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out folders that have no test of the tier: each process would import them all."""
    of_models = collection_path.parent == REPOSITORY / "tests" and collection_path.name not in QUICK
    return (_without_models(config) and of_models and collection_path.is_dir()) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with its tier, which its folder tells, and bring long ones to the front."""
    items.sort(key=lambda item: _turn(item.path))
    for item in items:
        folder, *rest = item.path.relative_to(REPOSITORY / "tests").parts
        if folder == "conformance":
            item.add_marker(pytest.mark.conformance)
        elif folder in QUICK or not rest:
            item.add_marker(pytest.mark.unit)
        else:
            item.add_marker(pytest.mark.integration)


@cache
def _turn(file: Path) -> tuple[int, bool]:
    """Say when a file has its turn: the longest first, those that need no model last."""
    name = file.relative_to(REPOSITORY / "tests")
    longest = LONGEST.index(str(name)) if str(name) in LONGEST else len(LONGEST)
    return longest, name.parts[0] in QUICK


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # mlflow leaves it behind
    hasten_mlflow()
    return tmp_path


@dataclass
class Outcome:
    """What a command gave."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.stdout)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run the command line in this process."""
    from runner.cli import main

    def call(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return Outcome(int(code), out, err)

    return call


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub that the processes which a test starts ask."""
    from tests.shared_hub import hub_of  # which remembers the settings that are made above

    with hub_of(tmp_path) as hub:
        yield hub
