"""Asking a model for answers: a row each, whatever the model answers in, and whose fault it is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from runner.evaluation.answering import Answering, Asked, ModelFailed, plain
from runner.tasks import all_tasks

CLASSIFIED = "text-classification"
Answer = Callable[[Sequence[Any]], Any]


class Loaded:
    """A model that answers as it is told, and counts how often it is asked."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[list[Any]] = []

    def predict(self, inputs: Sequence[Any], params: Mapping[str, Any] | None = None) -> Any:
        self.asked.append(list(inputs))
        return self._answer(inputs)


def ask(
    answer: Answer, rows: Sequence[Any], task: str = "text-generation", view: str = "pyfunc"
) -> tuple[list[Any], list[list[Any]]]:
    """Ask a model, and give its answers and what it was asked."""
    loaded = Loaded(answer)
    answers = Answering(loaded, all_tasks()[task], Asked(view, {})).answers(rows)
    return answers, loaded.asked


def test_rows_are_asked_together_and_answered_in_their_order() -> None:
    answers, asked = ask(lambda rows: [f"{row}!" for row in rows], ["a", "b"])
    assert (answers, asked) == (["a!", "b!"], [["a", "b"]])


def test_native_answers_are_taken_as_they_come() -> None:
    answers, asked = ask(lambda rows: [f"{row}!" for row in rows], ["a", "b"], view="native")
    assert (answers, asked) == (["a!", "b!"], [["a", "b"]])


def test_a_batch_that_fails_is_asked_row_by_row_and_the_row_is_named() -> None:
    def answer(rows: Sequence[Any]) -> list[Any]:
        if "bad" in rows:
            raise ValueError("too long\nand more")
        return list(rows)

    with pytest.raises(ModelFailed, match="^ValueError: too long$") as caught:
        ask(answer, ["a", "b", "bad", "c"])
    assert caught.value.row == 2
    with pytest.raises(ModelFailed) as caught:
        ask(answer, ["bad"])
    assert caught.value.row == 0


def test_a_batch_that_fails_where_each_row_does_not_is_answered() -> None:
    def answer(rows: Sequence[Any]) -> list[Any]:
        if len(rows) > 1:
            raise MemoryError("too many")
        return list(rows)

    assert ask(answer, ["a", "b"]) == (["a", "b"], [["a", "b"], ["a"], ["b"]])


def test_too_few_answers_are_asked_for_one_by_one() -> None:
    assert ask(lambda rows: [rows[0]], ["a", "b"])[0] == ["a", "b"]
    with pytest.raises(ModelFailed, match="one answer is wanted, 2 came") as caught:
        ask(lambda rows: [*rows, "more"], ["a", "b"])
    assert caught.value.row == 0


def test_an_input_that_is_several_rows_gets_them_together() -> None:
    def answer(rows: Sequence[Any]) -> pd.DataFrame:
        labels = [label for row in rows for label in row["candidate_labels"]]
        return pd.DataFrame({"sequence": "x", "labels": labels, "scores": 0.5})

    rows = [{"sequences": "x", "candidate_labels": labels} for labels in (["a"], ["b", "c"])]
    answers, asked = ask(answer, rows, "zero-shot-classification")
    assert [{one["label"] for one in answer} for answer in answers] == [{"a"}, {"b", "c"}]
    assert len(asked) == 1


def test_an_input_of_several_rows_that_is_asked_alone_has_them_too() -> None:
    def answer(rows: Sequence[Any]) -> pd.DataFrame:
        if len(rows) > 1:
            raise ValueError("one at a time")
        return pd.DataFrame({"sequence": "x", "labels": rows[0]["candidate_labels"], "scores": 0.5})

    rows = [{"sequences": "x", "candidate_labels": labels} for labels in (["a"], ["b", "c"])]
    answers, _ = ask(answer, rows, "zero-shot-classification")
    assert [{one["label"] for one in answer} for answer in answers] == [{"a"}, {"b", "c"}]


def test_a_native_answer_is_one_however_many_rows_pyfunc_has_for_it() -> None:
    given = {"sequences": "x", "candidate_labels": ["b", "c"]}
    whole = {"sequence": "x", "labels": ["b", "c"], "scores": [0.75, 0.25]}
    ((best, _),), _ = ask(lambda _: [whole], [given], "zero-shot-classification", view="native")
    assert best == {"label": "b", "score": 0.75}
    with pytest.raises(ModelFailed, match="^2 rows are wanted, 1 came$") as caught:
        ask(lambda _: [whole], [given], "zero-shot-classification")
    assert caught.value.row == 0


def test_a_task_without_batches_is_asked_one_by_one() -> None:
    rows = [b"one", b"two"]
    answers, asked = ask(
        lambda inputs: pd.DataFrame([{"label": str(inputs[0]), "score": 1.0}]),
        rows, "image-classification",
    )  # fmt: skip
    assert [answer[0]["label"] for answer in answers] == ["b'one'", "b'two'"]
    assert asked == [[row] for row in rows]


def test_an_answer_that_cannot_be_scored_is_the_models_fault() -> None:
    def answer(rows: Sequence[Any]) -> list[Any]:
        return [{"label": "a", "score": 0.5} if row == "good" else {"word": "a"} for row in rows]

    with pytest.raises(
        ModelFailed, match="the answer is not what text-classification gives: KeyError"
    ) as e:
        ask(answer, ["good", "bad"], CLASSIFIED)
    assert e.value.row == 1


def test_nothing_is_no_label_called_none() -> None:
    with pytest.raises(ModelFailed, match="it says nothing of this row") as e:
        ask(lambda rows: [None if row == "b" else "None" for row in rows], ["a", "b"], CLASSIFIED)
    assert e.value.row == 1


def test_a_model_that_would_end_the_process_has_failed() -> None:
    def leave(_: Sequence[Any]) -> list[Any]:
        raise SystemExit(0)

    with pytest.raises(ModelFailed, match=r"ProcessEnded: .*SystemExit\(0\)") as e:
        ask(leave, ["a"], CLASSIFIED)
    assert e.value.row == 0


def test_a_mistake_of_ours_is_not_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> list[Any]:
        raise NameError("a mistake of ours")

    monkeypatch.setattr("runner.evaluation.answering.as_rows", broken)
    with pytest.raises(NameError, match="a mistake of ours"):
        ask(list, ["a"])


@pytest.mark.parametrize(
    ("value", "as_json"),
    [
        ({1: np.float32(0.5)}, {"1": 0.5}),
        ([np.arange(2), (1, "a")], [[0, 1], [1, "a"]]),
        (None, None),
    ],
)
def test_answers_are_kept_as_json_has_them(value: Any, as_json: Any) -> None:
    found = plain(value)
    assert found == as_json
    assert type(found) is type(as_json)
