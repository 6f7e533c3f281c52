"""A search gives points up that are worse than usual on the first rows, and tells it so."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runner.errors import Pruned
from runner.evaluation.interim import Look, looked_at
from runner.recipe.compose import compose
from runner.records import read_record
from runner.sweeps.record import Status, read_sweep
from runner.work.run import run
from tests.conftest import Outcome

pytest.importorskip("optuna")
ROWS, EVERY = 400, 128
RECIPE = """\
task: text-classification
source: {kind: scratch, architecture: bert, labels: [GOOD, BAD]}
evaluation:
  views: []
  dataset: {path: ../rows.csv, inputs: text, target: label}
  metrics: [accuracy]
tracking: {experiment: pruned}
"""
SWEEP = """\
recipe: case
search:
  space: {source.labels: [[GOOD, BAD], [BAD, GOOD]], evaluation.seed: "range(0,50)"}
  objectives: {accuracy: maximize}
  trials: 3
  prune: {every: 100, first: 1}
"""


@pytest.fixture
def asked(workspace: Path) -> list[str]:
    """A recipe, its rows, all of one label, and a search for how the labels of the model go.

    What is right one way is wrong the other: of three points one is good before another is bad, or
    one is bad before one is good and another bad.
    """
    rows = (f"word {n} of a review,GOOD" for n in range(ROWS))
    Path("rows.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    for name, text in {"recipes/case.yaml": RECIPE, "sweeps/find.yaml": SWEEP}.items():
        Path(name).parent.mkdir()
        Path(name).write_text(text)
    return ["-m", "+sweep=find", "out=o", "tracking.uri=null"]


def asked_rows(out: str) -> int:
    """Give how many rows have an answer in the file of predictions."""
    with closing(sqlite3.connect(f"{out}/.store/predictions.sqlite")) as kept:
        return kept.execute("SELECT count(*) FROM predictions").fetchone()[0]


def test_a_point_that_is_worse_on_the_first_rows_is_given_up_and_told_so(
    cli: Callable[..., Outcome], asked: list[str]
) -> None:
    done = cli(*asked)
    assert done.code == 0, done.stderr
    record = read_sweep("o/case/find.sweep.json")
    assert record
    by_status = {
        status: {p.name for p in record.points if p.status is status}
        for status in (Status.PRUNED, Status.DONE)
    }
    pruned, whole = by_status[Status.PRUNED], by_status[Status.DONE]
    assert pruned
    assert whole
    assert {p.exit for p in record.points} == {0}
    assert asked_rows("o") == len(whole) * ROWS + len(pruned) * EVERY
    assert {*record.best} <= whole
    for name in pruned:
        found = read_record(Path("o/case", name))
        assert found
        assert found.failure
        assert (found.failure.step, found.failure.code) == ("evaluate", "pruned")
        assert f"after {EVERY} of {ROWS} rows" in found.failure.message
        assert not Path("o/case", name, "eval_results_table.json").exists()
        assert f"pruned {name}: accuracy was 0" in done.stderr
    compared = cli("report", "o/case", "--output", "json").document["runs"]
    assert {run["point"] for run in compared if run["verdict"] == "pruned"} == pruned
    listed = cli("runs", "o", "--output", "json").document["runs"]
    assert {run["point"] for run in listed if run["verdict"] == "pruned"} == pruned
    standing = cli("run", *asked, "--status", "--output", "json")
    assert standing.code == 0
    assert {p["name"] for p in standing.document["points"] if p["status"] == "pruned"} == pruned


def test_an_evaluation_that_was_ended_has_the_same_looks_again_and_asks_for_no_row_twice(
    asked: list[str],
) -> None:
    composed, folder = compose(["+recipe=case", "tracking.uri=null"]), Path("o/case/default")
    seen: list[tuple[int, int, float]] = []

    def until_the_second(*told: Any) -> None:
        seen.append(told)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), looked_at(Look("accuracy", 100, until_the_second)):
        run(composed, folder, "default")
    assert asked_rows("o") == 2 * EVERY
    again: list[tuple[int, int, float]] = []
    with looked_at(Look("accuracy", 100, lambda *told: again.append(told))):
        record = run(composed, folder, "default")
    assert [told[:2] for told in again] == [(EVERY * n, ROWS) for n in (1, 2, 3)]
    assert again[:2] == seen
    assert record.evaluation
    assert record.evaluation.data.inferred == ROWS - 2 * EVERY


def test_a_point_that_was_given_up_goes_on_by_itself(asked: list[str]) -> None:
    composed, folder = compose(["+recipe=case", "tracking.uri=null"]), Path("o/case/default")

    def give_up(seen: int, rows: int, value: float) -> None:
        raise Pruned(f"{value} after {seen} of {rows}")

    with pytest.raises(Pruned), looked_at(Look("accuracy", 300, give_up)):
        run(composed, folder, "default")
    record = run(composed, folder, "default")
    assert record.failure is None
    assert record.evaluation
    assert record.evaluation.data.inferred == ROWS - 3 * EVERY
