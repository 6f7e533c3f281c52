"""Metrics of rankings, held to published examples and to scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from runner.metrics.base import MetricError
from tests.metrics.samples import make, value


def test_mrr_is_as_published() -> None:
    """The plural of cat, torus and virus: ranks 3, 2 and 1 give 11/18."""
    pairs = [
        (["catten", "cati", "cats"], "cats"),
        (["torii", "tori", "toruses"], "tori"),
        (["viruses", "virii", "viri"], "viruses"),
    ]
    assert value(make("mrr"), pairs) == pytest.approx(11 / 18)
    assert value(make("mrr", k=2), pairs) == pytest.approx(1.5 / 3)
    assert value(make("mean_rank"), pairs) == 2
    assert value(make("top_k_accuracy", k=2), pairs) == pytest.approx(2 / 3)


def test_ndcg_is_as_published() -> None:
    """Gains 3, 2, 3, 0, 1, 2 in this order, of 3, 3, 3, 2, 2, 2, 1, 0: 6.861 of 8.740 at 6."""
    gains = dict(zip("abcdefgh", (3, 2, 3, 0, 1, 2, 3, 2), strict=True))
    assert value(make("ndcg", k=6), [(list("abcdef"), gains)]) == pytest.approx(0.785, abs=5e-4)


def test_ndcg_is_that_of_scikit_learn() -> None:
    draw = np.random.default_rng(0)
    for k in (None, 3):
        scores, gains = draw.random((20, 7)), draw.integers(0, 4, (20, 7)).astype(float)
        gains[:, 0] = 1
        pairs = [
            ([str(place) for place in np.argsort(-one)], {str(i): g for i, g in enumerate(gain)})
            for one, gain in zip(scores, gains.tolist(), strict=True)
        ]
        assert value(make("ndcg", k=k), pairs) == pytest.approx(ndcg_score(gains, scores, k=k))


def test_recall_is_of_all_that_is_right() -> None:
    pairs = [(list("abcd"), ["a", "d", "x"]), (list("abcd"), "b")]
    assert value(make("recall_at_k", k=3), pairs) == pytest.approx((1 / 3 + 1) / 2)
    assert value(make("recall_at_k", k=4), pairs) == pytest.approx((2 / 3 + 1) / 2)


def test_what_is_ranked_twice_counts_where_it_is_first() -> None:
    """Two tokens of a vocabulary may be the same word."""
    assert value(make("mrr"), [(["a", "a", "b"], "b")]) == 0.5
    assert value(make("ndcg"), [(["a", "a"], "a")]) == 1


def test_the_rank_of_a_token_among_a_masks_candidates() -> None:
    candidates = [{"label": "Paris", "score": 0.6}, {"label": "Lyon", "score": 0.2}]
    assert make("mean_rank").measure(candidates, "Lyon") == {"value": 2}
    assert make("mean_rank").measure(candidates, "Rome") == {"value": 3}
    assert make("mrr").measure(candidates, "Rome") == {"value": 0}
    assert make("top_k_accuracy", k=1).measure(candidates, "Paris") == {"value": 1}


@pytest.mark.parametrize(
    ("answer", "target", "message"),
    [
        (["a", "b"], [], "nothing is right"),
        (["a", "b"], {"a": 0}, "nothing is right"),
        (["a", "b"], {"a": -1}, "below 0"),
        (["a", "b"], {"a": "much"}, "the gain of a"),
        (["a", "b"], None, "a label is wanted"),
    ],
)
def test_what_cannot_be_ranked_is_said(answer, target, message) -> None:
    with pytest.raises(MetricError, match=message):
        make("ndcg").measure(answer, target)
