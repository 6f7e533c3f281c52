"""What a comparison says: what varied, the metrics row by row, the answers word by word."""

from pathlib import Path

from runner.comparing.answers import agreement
from runner.comparing.comparison import Comparison, compare_runs
from runner.comparing.words import Piece, pieces
from runner.kept.reading import read_runs
from tests.comparing.points import point


def compared(root: Path, baseline: str = "") -> Comparison:
    found = read_runs([str(root)], "", root, baseline)
    return compare_runs(found.runs, found.baseline)


def test_only_what_differs_is_a_column(workspace: Path) -> None:
    point(workspace, "a", told={"dtype": "float32", "params": {"k": 1, "seed": 3}})
    point(workspace, "b", told={"dtype": "float32", "params": {"k": 2, "seed": 3}})
    assert compared(workspace).varied == ("params.k",)


def test_metrics_are_compared_on_the_same_rows(workspace: Path) -> None:
    point(workspace, "a", wrong=10)
    point(workspace, "b", wrong=40)
    (of_b,) = compared(workspace).against["b"].metrics
    assert (of_b.metric, of_b.rows, of_b.value, of_b.baseline) == ("accuracy", 200, 0.8, 0.95)
    assert of_b.effect == -0.15
    assert (of_b.low or 0) < (of_b.high or 0) < 0
    assert (of_b.p or 1) < 1e-6
    assert of_b.verdict == "worse"
    (of_a,) = compared(workspace, "b").against["a"].metrics
    assert (of_a.effect, of_a.verdict) == (0.15, "better")


def test_answers_are_counted_and_numbers_held_to_each_other(workspace: Path) -> None:
    point(workspace, "a", wrong=10)
    point(workspace, "b", wrong=40)
    found = compared(workspace).against["b"].answers
    assert (found.compared, found.equal, found.largest) == (200, 170, 0.5)


def test_numbers_are_compared_place_by_place_and_scores_label_by_label() -> None:
    vectors = ({"embedding": [0.5, 1.0]}, {"embedding": [0.5, 0.75]})
    labels = (
        [{"label": "a", "score": 0.75}, {"label": "b", "score": 0.25}],
        [{"label": "b", "score": 0.5}, {"label": "a", "score": 0.5}],
    )
    assert agreement([vectors]).largest == 0.25
    assert agreement([labels]) == agreement([(labels[1], labels[0])])
    assert (agreement([labels]).equal, agreement([labels]).largest) == (0, 0.25)
    surer = [{"label": "a", "score": 1.0}, {"label": "b", "score": 0.0}]
    assert (agreement([(labels[0], surer)]).equal, agreement([(labels[0], surer)]).largest) == (
        1,
        0.25,
    )
    assert agreement([("a text", "a text")]).largest is None
    arrays = [{"shape": [1, n], "head": [0.5, value]} for n, value in ((4, 1.0), (4, 0.5), (9, 7))]
    assert agreement([(arrays[0], arrays[1])]).largest == 0.5
    assert agreement([(arrays[0], arrays[2])]).largest is None


def test_words_that_are_new_or_gone_are_told_apart() -> None:
    found = pieces("the cat sat down", "the big cat sat")
    assert [(p.text.strip(), p.kind) for p in found] == [
        ("the", "same"),
        ("big", "gone"),
        ("cat sat", "same"),
        ("down", "new"),
    ]
    assert pieces("same", "same") == (Piece("same"),)


def test_rows_that_runs_answer_otherwise_come_with_all_answers(workspace: Path) -> None:
    point(workspace, "a", wrong=0)
    point(workspace, "b", wrong=2, said="the dog sat")
    proof, _, *rows = compared(workspace).asked
    assert proof.given == "who?"
    assert [piece.text for piece in proof.answers[1] or ()] == ["the ", "cat", "dog", " sat"]
    assert [(row.given, row.target) for row in rows] == [("text 0", "bad"), ("text 1", "good")]
    assert [piece.kind for piece in rows[0].answers[1] or ()] == ["gone", "new"]
