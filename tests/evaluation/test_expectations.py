"""An expectation holds, or says in a sentence why it does not."""

import numpy as np
import pytest

from runner.evaluation.expectations import cosine, out_of_bounds, rows_for, unmet
from runner.recipe.language.evaluation import Expectation
from runner.tasks.scoring import vector


def expect(**fields: object) -> Expectation:
    return Expectation.model_validate(fields)


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        ({"equals": "Paris"}, "Paris"),
        ({"contains": "Paris"}, "It is Paris."),
        ({"regex": "^It .* Paris"}, "It is Paris."),
        ({"approx": 0.5, "tolerance": 0.01}, 0.505),
        ({"column": "label", "equals": "POSITIVE"}, {"label": "POSITIVE", "score": 0.9}),
        ({"approx": 0.5, "tolerance": 0.25}, 0.75),
        ({"column": "label", "equals": "x"}, [{"label": "x"}, {"label": "y"}]),
        ({"column": "score", "approx": 0.9}, {"label": "POSITIVE", "score": 0.9}),
    ],
)
def test_met(fields: dict[str, object], row: object) -> None:
    assert unmet(expect(**fields), row) == ""


@pytest.mark.parametrize(
    ("fields", "row", "reason"),
    [
        ({"equals": "Paris"}, "Rome", "'Rome' is not 'Paris'"),
        ({"contains": "Paris"}, "It is Rome.", "'It is Rome.' does not contain 'Paris'"),
        ({"regex": "^Paris"}, "It is Paris.", "does not match /^Paris/"),
        ({"approx": 0.5, "tolerance": 0.01}, 0.52, "0.52 is not 0.5 ± 0.01"),
        ({"column": "label", "equals": "x"}, [{"label": "y"}, {"label": "x"}], "'y' is not 'x'"),
        ({"column": "a", "equals": 1}, {"b": 1, "c": 2}, "no column a; the output has b, c"),
        ({"column": "a", "equals": 1}, "b", "no column a; the output has none"),
        ({"approx": 1.0}, True, "True is not a number"),
        ({"column": "lable", "equals": "x"}, {"label": "x"}, "no column lable; the output has"),
    ],
)
def test_unmet(fields: dict[str, object], row: object, reason: str) -> None:
    assert reason in unmet(expect(**fields), row)


def test_hidden_states_are_compared_by_their_mean() -> None:
    assert cosine(vector([[1.0, 0.0], [0.0, 1.0]]), [1.0, 1.0]) == pytest.approx(1.0)
    states = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert cosine(*map(vector, states)) == pytest.approx(0.0)


def test_bounds_are_strict() -> None:
    bounds = expect(input=0, similar_to=1, above=0.7, below=0.9)
    assert out_of_bounds(bounds, 0.8) == ""
    assert out_of_bounds(bounds, 0.7) == "the cosine is 0.700, not above 0.7"
    assert out_of_bounds(bounds, 0.9) == "the cosine is 0.900, not below 0.9"
    assert out_of_bounds(bounds, 0.95) == "the cosine is 0.950, not below 0.9"


def test_an_expectation_without_input_is_about_every_row() -> None:
    assert rows_for(expect(equals="x"), ["a", "b"]) == [(0, "a"), (1, "b")]
    assert rows_for(expect(equals="x", input=1), ["a", "b"]) == [(1, "b")]


def test_the_cosine_is_of_directions_alone() -> None:
    assert cosine([2.0, 0.0], [5.0, 0.0]) == pytest.approx(1)
    assert cosine([0.0, 3.0], [-2.0, 0.0]) == pytest.approx(0)
    assert cosine([3, 4], [-6, -8]) == pytest.approx(-1)
