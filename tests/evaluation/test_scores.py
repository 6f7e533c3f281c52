"""Scores and the table of rows: the same rows as another way of counting has them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import t

from runner.datasets import DataError, Example
from runner.evaluated import TABLE_FILE, RowRecord, ScoreRecord
from runner.evaluation.known_labels import KnownLabels
from runner.evaluation.scores import Measured, Measuring
from runner.evaluation.targets import as_scored, insist_on_target
from runner.metrics.base import Metric, MetricError
from runner.statistics.intervals import wilson
from tests.metrics.samples import make
from tests.report.reported import table_of as write_table

LANGUAGES = ("de", "en", "en")
PLACE = ("rows.csv", 1)


def answered(pairs: Iterable[tuple[str, Any, Any]]) -> Iterator[tuple[Example, Any]]:
    """Number rows of input, target and answer; the languages go round."""
    for number, (given, target, answer) in enumerate(pairs):
        of = {"lang": LANGUAGES[number % len(LANGUAGES)]}
        yield Example(number + 1, f"r{number}", given, target, of, PLACE), answer


def labels(*rows: str) -> list[tuple[Example, Any]]:
    """Give rows written as target and answer: ``ab`` is an ``a`` answered with ``b``."""
    return list(answered((row, row[0], [{"label": row[1], "score": 1.0}]) for row in rows))


def measured(metrics: list[Metric], pairs: list[tuple[Example, Any]], seed: int = 0) -> Measured:
    measuring = Measuring(metrics, ["lang"], "labels")
    for example, answer in pairs:
        measuring.add(example, answer)
    return measuring.measured(0.9, seed)


def test_a_metric_is_scored_as_a_whole_by_its_parts_and_by_slices() -> None:
    rows = labels("aa", "ab", "bb", "bb", "aa", "aa", "bb")
    found = {score.name: score for score in measured([make("f1_macro")], rows).scores()}
    a, b = 2 * 3 / (4 + 3), 2 * 3 / (3 + 4)
    assert list(found) == [
        "f1_macro", "f1_macro.class.a", "f1_macro.class.b",
        "f1_macro.slices.lang.de", "f1_macro.slices.lang.en",
    ]  # fmt: skip
    assert found["f1_macro"].value == pytest.approx((a + b) / 2)
    assert found["f1_macro.class.a"].value == pytest.approx(a)
    assert (found["f1_macro.slices.lang.de"].value, found["f1_macro.slices.lang.de"].rows) == (1, 3)
    assert found["f1_macro.slices.lang.en"].rows == 4
    assert {score.rows for name, score in found.items() if "slices" not in name} == {7}


def test_a_share_has_the_interval_of_a_share_at_the_confidence_asked_for() -> None:
    (score, *_) = measured([make("accuracy")], labels("aa", "ab", "bb", "bb")).scores()
    expected = wilson(3, 4, 0.9)
    assert score == ScoreRecord(
        name="accuracy", value=0.75, low=expected.low, high=expected.high, rows=4, better="higher"
    )


def test_resampled_intervals_are_of_the_seed() -> None:
    rows = labels(*["aa", "ab", "bb", "bb", "ba"] * 5)
    low = [next(measured([make("f1_macro")], rows, seed).scores()).low for seed in (0, 0, 1)]
    assert low[0] == low[1] != low[2]


def test_what_is_not_defined_has_no_value_and_an_error_is_better_where_it_is_low() -> None:
    metrics = [make("precision", positive="c"), make("ece")]
    scores = {score.name: score for score in measured(metrics, labels("aa", "ab")).scores()}
    assert (scores["precision"].value, scores["precision"].low) == (None, None)
    assert scores["ece"].better == "lower"


def test_a_row_that_a_metric_cannot_take_is_named() -> None:
    wrong = list(answered([("x", 0.5, [{"label": "a", "score": 1.0}])]))
    with pytest.raises(DataError, match=r"^rows\.csv, row r0: a label is wanted"):
        measured([make("accuracy")], wrong)


def table_of(folder: Path, metrics: list[Metric], pairs: list[tuple[Example, Any]]):
    found = measured(metrics, pairs)
    worst = write_table(pairs, found, folder / TABLE_FILE)
    assert [file.name for file in folder.iterdir()] == [TABLE_FILE]
    return json.loads((folder / TABLE_FILE).read_text()), worst


def test_the_table_has_a_row_each_and_a_column_for_each_metric_that_rows_have(
    workspace: Path,
) -> None:
    rows = labels("aa", "ab", "bü")
    table, worst = table_of(workspace, [make("ece"), make("accuracy")], rows)
    assert table == {
        "columns": ["id", "inputs", "targets", "outputs", "lang", "accuracy"],
        "data": [
            ["r0", "aa", "a", [{"label": "a", "score": 1.0}], "de", 1.0],
            ["r1", "ab", "a", [{"label": "b", "score": 1.0}], "en", 0.0],
            ["r2", "bü", "b", [{"label": "ü", "score": 1.0}], "en", 0.0],
        ],
    }
    assert worst[0] == RowRecord(
        id="r1", given="ab", target="a", answer=[{"label": "b", "score": 1.0}], score=0.0
    )
    assert "ü" in (workspace / TABLE_FILE).read_text()


def test_the_worst_rows_are_the_ten_worst_and_the_first_of_equals(workspace: Path) -> None:
    rows = labels(*["aa", "ab", "bb"] * 20)
    _, worst = table_of(workspace, [make("accuracy")], rows)
    assert [row.id for row in worst] == [f"r{number}" for number in range(1, 30, 3)]


def test_the_worst_rows_of_an_error_have_the_largest(workspace: Path) -> None:
    errors = [0.5, 0.0, 2.0, 1.0]
    pairs = list(answered((f"{error}", 1.0, 1.0 + error) for error in errors))
    found = Measuring([make("mae")], ["lang"], "number")
    for example, answer in pairs:
        found.add(example, answer)
    worst = write_table(pairs, found.measured(0.9, 0), workspace / TABLE_FILE)
    assert [(row.id, row.score) for row in worst] == [("r2", 2.0), ("r3", 1.0), ("r0", 0.5)]


def test_where_no_metric_is_of_a_row_no_row_is_worst(workspace: Path) -> None:
    table, worst = table_of(workspace, [make("ece")], labels("ab"))
    assert (table["columns"][-1], worst) == ("lang", [])


def test_a_long_row_is_shown_short_and_kept_whole(workspace: Path) -> None:
    pairs = list(answered([("x" * 2001, "a", [{"label": "b", "score": 1.0}] * 5)]))
    table, (worst,) = table_of(workspace, [make("accuracy")], pairs)
    assert table["data"][0][1] == "x" * 2001
    assert worst.given == "x" * 2000 + "…"
    assert len(worst.answer) == 3


@pytest.mark.parametrize(
    ("target", "form", "scored"),
    [
        ("1.5", "number", 1.5),
        ("1.5", "text", "1.5"),
        (2, "number", 2),
        (' [{"word": "a"}]', "entities", [{"word": "a"}]),
        ('{"a": 1}', "boxes", {"a": 1}),
        ("[1]", "text", "[1]"),
        ("a", "ranking", "a"),
        (None, "number", None),
    ],
)
def test_a_cell_of_text_says_what_only_text_can_say(target, form, scored) -> None:
    assert as_scored(target, form) == scored


@pytest.mark.parametrize(
    ("target", "form", "said"),
    [("x", "number", "the target 'x' is no number"), ("[1", "boxes", "the target is no JSON: ")],
)
def test_a_cell_that_says_neither_is_refused(target, form, said: str) -> None:
    with pytest.raises(MetricError, match=said):
        as_scored(target, form)


def told(targets: list[Any], *answers: list[str]) -> KnownLabels:
    known = KnownLabels("rows.csv")
    for target, answer in zip(targets, answers, strict=True):
        known.add(target, [{"label": label} for label in answer])
    return known


def test_ten_labels_are_shown_whole() -> None:
    ten = list("abcdefghij")
    with pytest.raises(DataError, match=r"Targets are a, b, c, d, e, f, g, h, i, j; the model's"):
        told(ten, *[["1", "2"]] * 10).insist()


def test_targets_that_no_answer_can_be_are_told() -> None:
    known = told(["a", "x", "x", "b"], *[["a", "b"]] * 4)
    said = "2 targets of rows.csv: no label that the model gave is called so (x)."
    assert known.insist() == [said]
    assert told(["a", "b"], *[["a", "b"]] * 2).insist() == []


def test_targets_of_a_metric_of_ones_own_may_be_anything() -> None:
    """None of them is a label, and entities are those of their text for a metric of entities."""
    assert told([[], {"right": "a"}], ["a", "b"], ["a", "b"]).insist() == []
    own = Example(1, "a", "text", [{"label": "x", "start": 0, "end": 99}], {}, PLACE)
    insist_on_target(own, "entities", [make("json_valid")])
    with pytest.raises(DataError, match="an entity that ends at 99, and the text has 4"):
        insist_on_target(own, "entities", [make("entity_f1")])


def test_every_answer_tells_of_labels() -> None:
    told(["x", "a"], ["a", "b"], ["b", "c"]).insist()
    known = told(["x"], ["a", "b"])
    with pytest.raises(DataError) as caught:
        known.insist()
    assert caught.value.remedy == "Say which is which in `evaluation.dataset.labels`."


def test_targets_of_which_none_is_a_label_are_refused() -> None:
    many = [f"t{number:02}" for number in range(11)]
    with pytest.raises(DataError) as caught:
        told([*many, None], *[["a"]] * 11, ["a", "b"]).insist()
    assert str(caught.value) == (
        "rows.csv: no target is a label of the model. Targets are t00, t01, t02, t03, t04, t05, "
        "t06, t07, t08, t09, …; the model's labels a, b."
    )


@pytest.mark.parametrize(
    ("targets", "answers", "refused"),
    [
        (["x", "y"], [["a", "b"]] * 2, True),
        (["x", "a"], [["a", "b"]] * 2, False),  # one is known
        (["x", "y"], [["a"], ["b"]], False),  # only the best are shown: others may be there
        ([None], [["a", "b"]], False),  # there are no targets
        ([1], [["1", "2"]], False),  # a number in a file is the text of a label
    ],
)
def test_targets_that_may_be_labels_are_taken(
    targets: list[Any], answers: list[list[str]], refused: bool
) -> None:
    try:
        told(targets, *answers).insist()
    except DataError:
        assert refused
    else:
        assert not refused


def test_answers_to_one_row_are_no_rows_of_their_own() -> None:
    metric = make("exact_match")
    rows = [Example(n, f"r{n}", "a", "a", {"lang": "de"}, PLACE) for n in range(20)]

    def asked(answers: Sequence[list[str]]) -> ScoreRecord:
        measuring = Measuring([metric], ["lang"], "text", repeated=True)
        for row, given in zip(rows, answers, strict=True):
            measuring.add(row, given)
        return next(measuring.measured(0.95, 0).scores())

    alike = asked([["a" if n < 15 else "b"] * 50 for n in range(20)])
    of_rows = wilson(15, 20, 0.95)
    assert (alike.value, alike.low, alike.high) == (0.75, of_rows.low, of_rows.high)
    mixed = asked([["a"] * (n + 15) + ["b"] * (35 - n) for n in range(20)])
    rates = np.array([(n + 15) / 50 for n in range(20)])
    assert mixed.value == pytest.approx(rates.mean())
    error = t.ppf(0.975, 19) * rates.std(ddof=1) / np.sqrt(20)
    assert (mixed.high - mixed.low) / 2 == pytest.approx(error, rel=0.1)
