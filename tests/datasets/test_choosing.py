"""Which rows count: ``where`` is data and never code, samples are the same everywhere."""

import pytest

from runner.datasets import DataError, DatasetBlock, open_dataset
from runner.where import WhereError, parse

ROW = {"lang": "en", "stars": "4", "n": 3, "old": True, "note": None, "a b": "x",
       "big": "9007199254740993", "none": float("nan")}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("lang == 'en'", True),
        ("lang != 'en'", False),
        ("stars > 3", True),
        ("stars > 10", False),
        ("stars == 4.0", True),
        ("stars == '4.0'", False),
        ("1 < n <= 3", True),
        ("lang in ['de', 'en'] and not n == 4", True),
        ("stars in [4, 5]", True),
        ("lang not in ('de', 'fr')", True),
        ("old and lang == 'en'", True),
        ("old == true", True),
        ("note is None or n > 5", True),
        ("note is not null", False),
        ("note > 1", False),
        ("`a b` == 'x'", True),
        ("n == -3", False),
        ("'n' in lang", True),
        ("big == 9007199254740993", True),
        ("big == 9007199254740992", False),
        ("big in [9007199254740992]", False),
        ("stars in ['x', 4]", True),
        ("stars in [4, 'x']", True),
        ("lang in [4, 'en']", True),
        ("lang not in [4, 'x']", True),
        ("stars not in ['x', 4]", False),
        ("n in []", False),
        ("none is null", True),
        ("none is not null", False),
        ("none == none", True),
        ("old is true", True),
        ("old is not True", False),
    ],
)
def test_a_condition_holds_or_not(text: str, holds: bool) -> None:
    assert parse(text).holds(ROW) is holds


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')", "lang.upper() == 'EN'", "@lang == 1", "n + 1 == 4",
        "[x for x in lang]", "lambda: 1", "lang == f'{n}'", "n := 3", "lang[0] == 'e'", "n ==",
        "", "(" * 900, "1", "'x'", "n == b'x'", "n == 3j", "x = 1", "open('f')", "-" * 900 + "1",
        "not " * 200 + "n", "lang is 'en'", "lang is not 'de'", "n is 3", "old is n",
        "n > 1 if old else n",
    ],
)  # fmt: skip
def test_what_is_no_comparison_is_refused_and_not_run(text: str) -> None:
    with pytest.raises(WhereError):
        parse(text).holds(ROW)


def test_a_row_that_cannot_be_asked_is_named() -> None:
    block = DatasetBlock.model_validate(
        {"rows": [{"t": "x", "n": "1"}, {"t": "y", "n": "many"}], "inputs": "t", "where": "n > 0"}
    )
    with pytest.raises(DataError, match=r"row 2: 'many' is no number"):
        list(open_dataset(block, None, "t").examples())


def chosen(rows=200, **more):
    given = [{"t": f"text {n}", "key": f"k{n}", "odd": n % 2} for n in range(rows)]
    block = DatasetBlock.model_validate({"rows": given, "inputs": "t", "id": "key", **more})
    return [example.id for example in open_dataset(block, None, "t").examples()]


def test_a_sample_is_drawn_by_its_seed_and_in_order() -> None:
    some = chosen(sample=20, seed=3)
    assert some == chosen(sample=20, seed=3)
    assert some != chosen(sample=20, seed=4)
    assert some == sorted(some, key=lambda key: int(key[1:]))
    assert len(some) == 20


def test_a_larger_sample_holds_the_smaller_one_and_an_added_row_moves_at_most_one() -> None:
    some = set(chosen(sample=20))
    assert some < set(chosen(sample=50))
    assert len(some - set(chosen(rows=201, sample=20))) <= 1


def test_a_sample_is_of_the_rows_that_count() -> None:
    assert all(int(key[1:]) % 2 for key in chosen(where="odd == 1", sample=20))
    assert chosen(where="odd == 1", limit=2) == ["k1", "k3"]
    assert len(chosen(rows=5, sample=20)) == 5
