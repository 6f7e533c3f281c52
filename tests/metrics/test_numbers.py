"""Metrics of numbers, held to scikit-learn, scipy and published examples."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sklearn

from runner.metrics.base import MetricError
from tests.metrics.samples import make, measured, rows_for, value


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mae", sklearn.mean_absolute_error),
        ("rmse", sklearn.root_mean_squared_error),
        ("r2", sklearn.r2_score),
        ("pearson", lambda y, x: stats.pearsonr(x, y)[0]),
        ("spearman", lambda y, x: stats.spearmanr(x, y)[0]),
    ],
)
def test_it_is_that_of_the_libraries(name: str, expected, seed: int) -> None:
    pairs = rows_for(make(name), 30, seed)
    answers, targets = np.array(pairs).T
    assert value(make(name), pairs) == pytest.approx(expected(targets, answers))


def test_resamples_of_r2_are_those_of_scikit_learn_with_weights() -> None:
    pairs = rows_for(make("r2"), 30)
    answers, targets = np.array(pairs).T
    weights = np.random.default_rng(0).integers(0, 4, size=(5, 30)).astype(float)
    expected = [sklearn.r2_score(targets, answers, sample_weight=one) for one in weights]
    found = make("r2").aggregate(measured(make("r2"), pairs), weights)
    np.testing.assert_allclose(found, expected)


def test_spearman_is_as_published() -> None:
    """IQ and hours of television of ten people: -29/165."""
    iq = (106, 100, 86, 101, 99, 103, 97, 113, 112, 110)
    hours = (7, 27, 2, 50, 28, 29, 20, 12, 6, 17)
    pairs = list(zip(iq, hours, strict=True))
    assert value(make("spearman"), pairs) == pytest.approx(-29 / 165)


def test_a_shift_of_all_numbers_is_no_loss_of_digits() -> None:
    pairs = rows_for(make("pearson"), 30)
    shifted = [(answer + 1e7, target - 1e7) for answer, target in pairs]
    for name in ("pearson", "spearman"):
        assert value(make(name), shifted) == pytest.approx(value(make(name), pairs), rel=1e-6)


@pytest.mark.parametrize("name", ["pearson", "spearman", "r2"])
def test_numbers_that_are_all_the_same_correlate_with_nothing(name: str) -> None:
    pairs = [(answer, 0.1) for answer in (0.3, 0.7, 0.9)]
    assert np.isnan(value(make(name), pairs))
    table = measured(make(name), [(0.3, 0.1), (0.7, 0.1), (0.9, 1e6)])
    assert np.isnan(make(name).aggregate(table, np.array([[1.0, 2, 0], [0, 0, 3]]))).all()
    assert "same number" in make(name).undefined


@pytest.mark.parametrize("wrong", [None, "3", True, float("inf"), float("nan"), [1]])
def test_what_is_no_number_is_said(wrong) -> None:
    with pytest.raises(MetricError, match="the target is .*, not a number"):
        make("mae").measure(1.0, wrong)
    with pytest.raises(MetricError, match="the answer is .*, not a number"):
        make("pearson").measure(wrong, 1.0)
