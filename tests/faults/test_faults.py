"""Some faults of each kind, in every run of the tests; ``make faults`` has thousands."""

import json
import os
import sys
from typing import Any

import pytest

from tests import forked
from tests.conftest import REPOSITORY

_SOME = """
import sys
from pathlib import Path
from tests.faults.__main__ import laboratory
from tests.faults.campaign import some

with laboratory(Path("laboratory").absolute()) as opened:
    some(opened, Path("results.jsonl"))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Give what became of the faults."""
    from tests.faults.calls import supported

    if not supported():
        pytest.skip("only Linux on x86-64 shows the system calls of a process to its parent")
    folder = tmp_path_factory.mktemp("faults")
    elsewhere = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    offline = {**elsewhere, "HF_HUB_OFFLINE": "1"}  # whatever hub other tests have left
    path = [str(REPOSITORY)]
    done = forked.start(_SOME, folder, argv=["faults"], path=path, environment=offline).end()
    assert done.code == 0, done.stderr[-3000:]
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


def test_nothing_is_lost_doubled_half_written_or_left(results: list[dict[str, Any]]) -> None:
    wrong = [result for result in results if result["wrong"]]
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)


def test_faults_of_every_kind_struck_every_verb_that_was_asked(
    results: list[dict[str, Any]],
) -> None:
    struck = [result for result in results if result["struck"]]
    assert len(struck) >= 30
    assert {result["kind"] for result in struck} >= {"kill", "kill in a write", "SIGTERM"}
    assert {"run", "clean", "persist", "promote", "predict"} <= {r["verb"] for r in struck}
    assert all(r["code"] == -9 for r in struck if r["kind"].startswith("kill"))


def test_the_page_of_the_faults_is_that_of_the_last_results() -> None:
    sys.path.insert(0, str(REPOSITORY / "docs"))
    try:
        from generate_reliability import SUMMARY, TARGET, page
    finally:
        sys.path.pop(0)
    rows = json.loads(SUMMARY.read_text())
    assert page(rows) == TARGET.read_text(), "run docs/generate_reliability.py"
    kills = [row for row in rows if row["kind"].startswith("kill")]
    assert sum(row["struck"] for row in kills) >= 1000
    assert not [row for row in rows if row["wrong"]]
