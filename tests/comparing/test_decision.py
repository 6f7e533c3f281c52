"""Which point to ship: the cheapest of those that none is better than, or why none may be."""

from pathlib import Path

import pytest

from runner.comparing.comparison import Comparison, compare_runs
from runner.evaluated import Verdict
from runner.kept.reading import read_runs
from runner.records import Failure
from tests.comparing.points import point


def compared(root: Path) -> Comparison:
    found = read_runs([str(root)], "", root)
    return compare_runs(found.runs, found.baseline)


def said(root: Path) -> str:
    return compared(root).decision.sentence


def test_of_those_as_good_as_the_best_the_cheapest_is_shipped(workspace: Path) -> None:
    point(workspace / "out", "best", wrong=10, ms=20, size=3000)
    point(workspace / "out", "cheap", wrong=12, ms=9, size=2000)
    point(workspace / "out", "cheapest-but-bad", wrong=60, ms=1, size=10)
    decision = compared(Path("out")).decision
    assert decision.sentence == (
        "Ship cheap: it passed its 1 gate and 1 check; its accuracy 0.94 (0.8981 to 0.9653) is not "
        "worse beyond chance than the best of the 2 of 3 that passed (best, 0.95), and of those as "
        "good it is the cheapest (2 kB, 9 ms an input)."
    )
    assert decision.command == "python -m runner promote out/clf/cheap --as clf"


def test_one_that_is_better_beyond_chance_is_shipped_whatever_it_costs(workspace: Path) -> None:
    point(workspace, "best", wrong=2, ms=90, size=9000)
    point(workspace, "cheap", wrong=20, ms=1, size=1)
    assert "Ship best: " in said(workspace)
    assert "is the best of the 2, which all passed, beyond chance." in said(workspace)


def test_what_is_hardly_slower_counts_as_fast_and_the_smaller_is_shipped(workspace: Path) -> None:
    point(workspace, "faster", wrong=5, ms=10.0, size=2000)
    point(workspace, "smaller", wrong=5, ms=10.9, size=1000)
    assert said(workspace).startswith("Ship smaller: ")


def test_the_only_one_that_passed_is_shipped(workspace: Path) -> None:
    point(workspace, "good", wrong=5)
    point(workspace, "bad", wrong=90)
    assert said(workspace) == (
        "Ship good: it passed its 1 gate and 1 check, the only one of 2 that did."
    )


def test_without_gates_it_says_that_none_holds_a_least_value(workspace: Path) -> None:
    point(workspace, "a", wrong=5, gates={})
    point(workspace, "b", wrong=90, gates={})
    assert said(workspace).endswith("; no gate of its recipe holds that to a least value.")


def test_where_none_passed_none_is_shipped_and_each_has_its_reason(workspace: Path) -> None:
    point(workspace, "a", wrong=90)
    stopped = Failure(step="load", code="source-failed", message="gone")
    point(workspace, "b", failure=stopped)
    decision = compared(workspace).decision
    assert decision.sentence == (
        "Ship none: none of 2 runs passed (a: accuracy is 0.55 (0.4808 to 0.6174) and must be "
        ">= 0.8; b: load ended with source-failed)."
    )
    assert (decision.run, decision.command) == (None, "")


def test_too_few_rows_are_undecided_and_it_says_how_many_would_decide(workspace: Path) -> None:
    point(workspace, "a", wrong=2, rows=20)
    point(workspace, "b", wrong=19, rows=20)
    sentence = said(workspace)
    assert sentence.startswith(
        "Undecided: none of 2 runs passed all gates; nearest is a: accuracy is 0.9 ("
    )
    assert " rows" in sentence.rpartition("must be >= 0.8: ")[2]


def test_without_a_metric_the_cheapest_is_named_and_what_would_decide(workspace: Path) -> None:
    for name, size in (("a", 2000), ("b", 1000)):
        point(workspace, name, size=size, evaluation=None, verdict=Verdict.PASSED)
    decision = compared(workspace).decision
    assert decision.sentence == (
        "Undecided: all 2 runs passed, and no metric says which answers best; b is the cheapest "
        "(1 kB, 10 ms an input). Rows with targets (`evaluation.dataset`) and metrics on them "
        "would decide."
    )
    assert decision.command.startswith("python -m runner promote ")


def test_one_call_of_a_proof_does_not_make_a_model_the_fastest(workspace: Path) -> None:
    for name, size, ms in (("quick", 2000, 5.0), ("small", 1000, 50.0)):
        point(workspace, name, ms=ms, size=size, evaluation=None, verdict=Verdict.PASSED)
    assert "small is the cheapest" in said(workspace)


def test_a_metric_on_other_rows_decides_nothing(workspace: Path) -> None:
    point(workspace, "a", wrong=2)
    folder = point(workspace, "b", wrong=3)
    table = folder / "eval_results_table.json"
    table.write_text(table.read_text().replace('"text ', '"another text '))
    assert "cannot be compared row by row: the rows are others" in said(workspace)


def test_nothing_asked_is_undecided(workspace: Path) -> None:
    point(workspace, "a", evaluation=None, verdict=Verdict.UNPROVEN, checks=[])
    assert said(workspace).startswith("Undecided: nothing was asked of a.")


@pytest.mark.parametrize(("name", "on_front"), [("best", True), ("cheap", True), ("beaten", False)])
def test_the_front_holds_what_no_other_beats_in_everything(
    workspace: Path, name: str, on_front: bool
) -> None:
    point(workspace, "best", wrong=2, ms=20, size=3000)
    point(workspace, "cheap", wrong=9, ms=5, size=1000)
    point(workspace, "beaten", wrong=9, ms=6, size=1000)
    assert (name in compared(workspace).front) is on_front
