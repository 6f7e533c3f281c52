"""Outputs are split into rows and compared with the signature, whatever container they come in."""

import numpy as np
import pandas as pd
import pytest
import torch

from runner.evaluation.rows import as_rows, brief, column_problem, same, say, type_problem
from runner.tasks import Column, Tensor, all_tasks

LABELS = all_tasks()["text-classification"].outputs
TEXT = all_tasks()["text-generation"].outputs
VECTORS = all_tasks()["feature-extraction"].outputs


@pytest.mark.parametrize(
    ("output", "rows"),
    [
        (["a", "b"], ["a", "b"]),
        ("a", ["a"]),
        (pd.Series(["a", "b"], index=[5, 6]), ["a", "b"]),
        (iter(["a", "b"]), ["a", "b"]),
        (np.array(0.5), [0.5]),
        (np.float32(0.5), [0.5]),
        (torch.tensor([0.5, 1]), [0.5, 1]),
        (pd.DataFrame({"label": ["x"], "score": [0.5]}), [{"label": "x", "score": 0.5}]),
    ],
)
def test_rows(output: object, rows: list[object]) -> None:
    assert as_rows(output) == rows


def test_an_array_has_a_row_for_each_entry_of_its_first_axis() -> None:
    assert [row.shape for row in as_rows(np.zeros((3, 8)))] == [(8,), (8,), (8,)]


def test_columns_that_violate_the_signature_are_named() -> None:
    assert column_problem({"label": "x", "score": 0.5}, LABELS) == ""
    assert "columns are 0, 1, the signature says label, score" in column_problem(
        {0: "x", 1: "y"}, LABELS
    )
    assert "the signature says columns label, score" in column_problem("x", LABELS)
    assert column_problem(np.zeros(8), VECTORS) == ""
    assert "2 dimensions" in column_problem(np.zeros((4, 8)), VECTORS)


def test_types_that_violate_the_signature_are_named() -> None:
    assert type_problem({"label": "x", "score": np.float32(0.5)}, LABELS) == ""
    assert "score is str, the signature says double" in type_problem(
        {"label": "x", "score": "0.5"}, LABELS
    )
    assert "a row is dict, the signature says string" in type_problem({"a": 1}, TEXT)
    assert "values are int64" in type_problem(np.zeros(3, dtype=np.int64), VECTORS)


def test_outputs_are_compared_by_value() -> None:
    assert same({"label": "x", "score": 0.5}, {"label": "x", "score": 0.5 + 1e-9})
    assert not same({"label": "x", "score": 0.5}, {"label": "x", "score": 0.6})
    assert not same({"label": "x"}, {"score": "x"})
    assert not same("a", "b")
    assert not same(np.zeros(3), np.zeros(4))


def test_a_long_output_is_short_in_a_record() -> None:
    assert brief(np.ones((128, 384))) == {"shape": [128, 384], "head": [1.0, 1.0, 1.0, 1.0]}
    assert brief({"label": "x", "score": np.float64(0.5)}) == {"label": "x", "score": 0.5}
    assert brief("text") == "text"
    ragged = brief([[[0.0, 1.0]], [[0.0, 1.0], [2.0, 3.0]]])
    assert [one["shape"] for one in ragged] == [[1, 2], [2, 2]]


BOX = [Column("string", "label"), Column("double", "score", required=False)]
MANY = [Column("double", "scores", many=True)]


@pytest.mark.parametrize(
    ("row", "schema", "problem"),
    [
        ({"label": "x"}, BOX, ""),
        ({"score": 0.5}, BOX, "columns are score, the signature says label, score"),
        ({"label": "x", "z": 1}, BOX, "columns are label, z, the signature says label, score"),
        ({"a": 1}, [Column("string")], "columns are a, the signature says none"),
        ("x", BOX, "a row is str, the signature says columns label, score"),
        ([[1.0], [1.0, 2.0]], [Tensor("float32", (-1, 8))],
         "a row has 1 dimensions, the signature says 2: [2]"),
    ],
)  # fmt: skip
def test_the_columns_of_a_row_are_those_of_the_signature(
    row: object, schema: list[Column | Tensor], problem: str
) -> None:
    assert column_problem(row, schema) == problem


@pytest.mark.parametrize(
    ("row", "schema", "problem"),
    [
        ({"label": "x", "score": None}, BOX, ""),
        ({"label": None, "score": 0.5}, BOX, "label is NoneType, the signature says string"),
        ({"label": "x", "score": "y"}, BOX, "score is str, the signature says double"),
        ({"scores": [0.5, 0.25]}, MANY, ""),
        ({"scores": np.array([0.5])}, MANY, ""),
        ({"scores": 0.5}, MANY, "scores is float, the signature says a list of double"),
        ({"scores": [0.5, "x"]}, MANY,
         "scores is a list of str, the signature says a list of double"),
        ({"scores": [None]}, MANY,
         "scores is a list of NoneType, the signature says a list of double"),
        ({"scores": [None]}, [Column("double", "scores", required=False, many=True)], ""),
        ({"any": {1: 2}}, [Column("object", "any")], ""),
        ([1, 2], [Tensor("int64", (-1,))], ""),
        ([1.5], [Tensor("int64", (-1,))], "values are float64, the signature says int64"),
    ],
)  # fmt: skip
def test_the_types_of_a_row_are_those_of_the_signature(
    row: object, schema: list[Column | Tensor], problem: str
) -> None:
    assert type_problem(row, schema) == problem


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ([1.0, 2.0], [1.0, 2.0 + 1e-9], True),
        ([0.0], [5e-7], True),
        ([1.0], 1.0, False),
        ({"a": 1}, [1], False),
        ("1", 1, False),
        (1, "1", False),
        ([True], [True], True),
        ([1.0], [None], False),
    ],
)
def test_numbers_are_equal_to_within_a_millionth(left: object, right: object, equal: bool) -> None:
    assert same(left, right) is equal


@pytest.mark.parametrize(
    ("left", "right"),
    [([1.0], [1.05]), ({"a": 1.0}, {"a": 1.05}), ([{"a": [1.0]}], [{"a": [1.05]}])],
)
def test_numbers_are_equal_to_within_what_is_said_however_deep_they_are(
    left: object, right: object
) -> None:
    assert same(left, right, atol=0.1, rtol=0)
    assert same(left, right, atol=0, rtol=0.1)
    assert not same(left, right, atol=0.01, rtol=0)
    assert not same(left, right, atol=0, rtol=0.01)


def test_every_column_of_a_row_is_looked_at() -> None:
    schema = [Column("string", "a", required=False), Column("object", "x"), Column("long", "b")]
    row = {"a": None, "x": object(), "b": "text"}
    assert type_problem(row, schema) == "b is str, the signature says long"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("a\nb"), "ValueError: a"),
        (KeyError(), "KeyError: KeyError"),
        (
            RuntimeError("not implemented for 'Half'"),
            "RuntimeError: not implemented for 'Half' "
            "(this device cannot run Half: take dtype float32)",
        ),
    ],
)
def test_an_error_is_said_in_a_line(error: Exception, said: str) -> None:
    assert say(error) == said


class Named:
    """A thing of a library, with a long name or a short one."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name


@pytest.mark.parametrize(
    ("row", "short"),
    [
        ("x" * 500, "x" * 500),
        (b"abc", "<3 bytes>"),
        (np.float32(0.5), 0.5),
        ({1: np.int64(2)}, {"1": 2}),
        ([1.23456789, 2, 3, 4, 5], {"shape": [5], "head": [1.234568, 2.0, 3.0, 4.0]}),
        ([[1, 2], [3]], [{"shape": [2], "head": [1.0, 2.0]}, {"shape": [1], "head": [3.0]}]),
        (Named("x" * 200), "x" * 200),
        (Named("x" * 201), "x" * 199 + "…"),
    ],
)
def test_a_row_is_as_short_as_a_record_can_hold(row: object, short: object) -> None:
    found = brief(row)
    assert found == short
    assert type(found) is type(short)
