"""Gates that are held to a champion: both models on the same rows, decided by the difference."""

from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest

from runner.datasets import DataError, Example
from runner.evaluated import TABLE_FILE, GateRecord, GateVerdict
from runner.evaluation.champion import Champion, compare_with
from runner.evaluation.gates import judge
from runner.evaluation.scores import Measured, Measuring
from runner.recipe.language.models import Recipe
from tests.report.reported import labels, recipe_of, table_of

Pairs = list[tuple[Example, Any]]


def answered(right: set[int], rows: int, first: int = 0) -> Pairs:
    """Give rows with answers, of which these are right."""
    return [
        (
            Example(
                n, f"r{n}", f"Text {n}", "good", {"lang": "de" if n % 4 == 0 else "en"}, ("rows", n)
            ),
            labels("good", 0.9, "bad") if n in right else labels("bad", 0.9, "good"),
        )
        for n in range(first, first + rows)
    ]


def measured(recipe: Recipe, pairs: Pairs) -> Measured:
    evaluation = recipe.evaluation
    measuring = Measuring(evaluation.metrics, evaluation.slices, recipe.form)
    for example, answer in pairs:
        measuring.add(example, answer)
    return measuring.measured(evaluation.confidence, evaluation.seed)


def judged(recipe: Recipe, ours: Pairs, theirs: Pairs, folder: Path) -> list[GateRecord]:
    table_of(theirs, measured(recipe, theirs), folder / TABLE_FILE)
    found = measured(recipe, ours)
    table_of(ours, found, folder / "ours.json")
    champion = Champion("theirs", folder / TABLE_FILE)
    compared = compare_with(champion, "champion", recipe, found, folder / "ours.json")
    return list(judge(recipe.evaluation, {s.name: s for s in found.scores()}, {}, compared))


@pytest.mark.parametrize(
    ("gate", "verdict"),
    [
        (">= champion", GateVerdict.PASSED),
        ("> champion + 0.01", GateVerdict.PASSED),
        (">= champion + 0.2", GateVerdict.FAILED),
        (">= champion + 0.05", GateVerdict.UNDECIDED),
        ("<= champion", GateVerdict.FAILED),
    ],
)
def test_the_difference_decides(tmp_path: Path, gate: str, verdict: GateVerdict) -> None:
    recipe = recipe_of(gates={"accuracy": gate}, champion="theirs")
    ours, theirs = answered({*range(180)}, 200), answered({*range(168)} | {190, 191}, 200)
    (found,) = judged(recipe, ours, theirs, tmp_path)
    assert found.verdict is verdict
    assert found.value == 0.9
    beside = found.comparison
    assert (beside.champion, beside.rows, beside.value) == ("theirs", 200, 0.85)
    assert beside.effect == pytest.approx(0.05)
    assert beside.p == pytest.approx(binomtest(2, 14).pvalue)
    assert 0.01 < beside.low < 0.05 < beside.high < 0.1
    assert found.message.startswith(
        "the champion has 0.85 on 200 rows: a difference of +0.05 (0.01"
    )


def test_it_is_surer_than_two_intervals_would_be(tmp_path: Path) -> None:
    recipe = recipe_of(gates={"accuracy": ">= champion"}, champion="theirs")
    ours, theirs = answered({*range(180)}, 200), answered({*range(172)}, 200)
    (found,) = judged(recipe, ours, theirs, tmp_path)
    assert found.verdict is GateVerdict.PASSED
    assert found.low < found.comparison.value


def test_only_rows_that_both_answered_count(tmp_path: Path) -> None:
    recipe = recipe_of(gates={"accuracy": ">= champion"}, champion="theirs")
    theirs = answered({*range(100, 150)}, 150, first=50)
    other, answer = theirs[10]
    theirs[10] = (Example(60, other.id, "another text", "good", other.of, ("rows", 60)), answer)
    (found,) = judged(recipe, answered({*range(100)}, 100), theirs, tmp_path)
    assert found.comparison.rows == 49
    assert (found.comparison.value, found.comparison.effect) == (0.0, 1.0)


def test_a_slice_is_compared_on_its_rows(tmp_path: Path) -> None:
    gates = {"accuracy.slices.lang.de": ">= champion", "accuracy": ">= champion"}
    recipe = recipe_of(gates=gates, slices=["lang"], champion="theirs")
    german = {n for n in range(200) if n % 4 == 0}
    german_gate, whole = judged(
        recipe, answered(german, 200), answered({*range(200)} - german, 200), tmp_path
    )
    assert (german_gate.verdict, german_gate.comparison.rows) == (GateVerdict.PASSED, 50)
    assert german_gate.comparison.effect == 1.0
    assert (whole.verdict, whole.comparison.rows) == (GateVerdict.FAILED, 200)


def test_a_metric_that_is_no_share_is_compared_by_resampling(tmp_path: Path) -> None:
    recipe = recipe_of(metrics=["log_loss"], gates={"log_loss": "<= champion"}, champion="theirs")
    ours, theirs = answered({*range(95)}, 100), answered({*range(80)}, 100)
    (found,) = judged(recipe, ours, theirs, tmp_path)
    assert found.verdict is GateVerdict.PASSED
    assert found.comparison.high < 0
    assert found.comparison.p < 0.05


def test_without_a_row_in_common_there_is_nothing_to_compare(tmp_path: Path) -> None:
    recipe = recipe_of(gates={"accuracy": ">= champion"}, champion="theirs")
    with pytest.raises(DataError, match="theirs, the champion, answered none of these rows"):
        judged(recipe, answered(set(), 10), answered(set(), 10, first=50), tmp_path)


def test_without_a_champion_yet_the_gate_passes_and_says_so() -> None:
    recipe = recipe_of(gates={"accuracy": ">= champion"}, champion="models:/new@champion")
    scores = {s.name: s for s in measured(recipe, answered({1}, 10)).scores()}
    (found,) = judge(recipe.evaluation, scores, {}, None)
    said = "there is no champion yet, or this model is it"
    assert (found.verdict, found.message) == (GateVerdict.PASSED, said)
