"""What a model is asked for a row, and what its answers say: beyond what whole evaluations show."""

from collections.abc import Sequence
from math import isnan
from typing import Any

import pytest

from runner.datasets import DataError, Example, Labelled, open_dataset
from runner.datasets.block import DatasetBlock
from runner.evaluation.questions import Choice, Likelihood, Pair, Search
from runner.tasks import get_task


def row(given: Any, target: Any = None) -> Example:
    return Example(1, "r1", given, target, {}, ("rows.csv", 1))


def data(corpus: Sequence[tuple[str, str]] = (), **block: Any) -> Labelled:
    entries = [{"id": id_, "text": text} for id_, text in corpus]
    of_corpus = None
    if entries:
        of_corpus = open_dataset(DatasetBlock(rows=entries, id="id"), None, "text")
    return open_dataset(DatasetBlock(rows=[{"text": "a"}], **block), None, "text", corpus=of_corpus)


@pytest.mark.parametrize(
    ("task", "asked"),
    [
        ("feature-extraction", ["a", "b"]),
        ("llm/v1/embeddings", [{"input": "a"}, {"input": "b"}]),
    ],
)
def test_both_of_a_pair_are_inputs_of_the_task(task: str, asked: list[Any]) -> None:
    pair = Pair(get_task(task))
    given = row({"first": "a", "second": "b"}, 0.5)
    assert pair.asked(given) == asked
    assert pair.answered(given, [[1.0, 1.0], [2.0, 0.0]])[1] == pytest.approx(0.5**0.5)
    assert isnan(pair.answered(given, [[0.0, 0.0], [2.0, 0.0]])[1])


def test_of_entries_as_near_as_each_other_the_first_in_the_corpus_is_first() -> None:
    rows = data([("z", "0"), ("a", "1"), ("m", "0")], target="right")
    search = Search(get_task("feature-extraction"), rows)
    search.learn([1.0, float(one.given)] for one in search.once())
    assert search.asked(row("q", "a")) == search.asked(row({"query": "q"}, "a")) == ["q"]
    assert search.answered(row("q", "a"), [[3.0, 0.0]])[1] == ["z", "m", "a"]
    assert search.answered(row("q", '{"a": 2}'), [[1.0, 9.0]])[1] == ["a", "z", "m"]
    with pytest.raises(DataError, match="row r1: the corpus has no entry b"):
        search.asked(row("q", ["a", "b"]))


def test_a_text_is_asked_about_by_itself_or_behind_a_prompt() -> None:
    assert Likelihood(data()).asked(row("a")) == [{"prompt": None, "texts": ["a"]}]
    behind = Likelihood(data(target="t"))
    assert behind.asked(row({"prompt": "a"}, "b")) == [{"prompt": "a", "texts": ["b"]}]
    with pytest.raises(DataError, match=r"row r1: a text is wanted, not \['b'\]"):
        behind.asked(row("a", ["b"]))


@pytest.mark.parametrize("choices", ['["only"]', "no list", ["one"], {"A": "one"}, 3])
def test_fewer_than_two_choices_are_none(choices: Any) -> None:
    with pytest.raises(DataError, match="row r1: two or more choices are wanted"):
        Choice().asked(row({"prompt": "a", "choices": choices}))


def test_a_number_that_is_a_choice_is_that_choice_and_not_its_number() -> None:
    choice = Choice()
    likely = [[{"log_likelihood": -float(n), "tokens": 1} for n in range(3)]]
    given = {"prompt": "1 + 1 =", "choices": ["1", "2", "3"]}
    for target, named in (("2", "2"), (1, "1"), (0, "1"), ("0", "1")):
        example, answer = choice.answered(row(given, target), likely)
        assert str(example.target) == named
        assert [one["label"] for one in answer] == ["1", "2", "3"]
        assert sum(one["score"] for one in answer) == pytest.approx(1)
