"""Metrics of rankings, held to published examples and to scikit-learn."""

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import (
    label_ranking_average_precision_score,
    ndcg_score,
    top_k_accuracy_score,
)

from runner.metrics.base import MetricError
from tests.metrics.samples import make, ranking, value


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


@pytest.mark.parametrize("seed", range(3))
def test_ranks_are_those_of_the_libraries(seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores, right = draw.random((30, 9)), draw.integers(0, 9, 30)
    pairs = [
        ([str(place) for place in np.argsort(-one)], str(target))
        for one, target in zip(scores, right, strict=True)
    ]
    rank = rankdata(-scores, axis=1)[np.arange(30), right]
    alone = np.arange(9) == right[:, None]
    hit = top_k_accuracy_score(right, scores, k=3, labels=range(9))
    expected = label_ranking_average_precision_score(alone, scores)
    assert value(make("mrr"), pairs) == pytest.approx(expected)
    assert value(make("mrr", k=3), pairs) == pytest.approx(np.where(rank <= 3, 1 / rank, 0).mean())
    assert value(make("mean_rank"), pairs) == pytest.approx(rank.mean())
    assert value(make("hit_rate", k=3), pairs) == pytest.approx(hit)
    assert value(make("top_k_accuracy", k=3), pairs) == pytest.approx(hit)


@pytest.mark.parametrize("k", [1, 3, 20])
def test_recall_is_what_sets_share(k: int) -> None:
    draw = np.random.default_rng(k)
    pairs = [ranking(draw) for _ in range(30)]
    found = [len({*ranked[:k]} & {*gains}) / len(gains) for ranked, gains in pairs]
    assert value(make("recall_at_k", k=k), pairs) == pytest.approx(np.mean(found))


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
        (["a", "b"], [], "the list is empty"),
        (["a", "b"], {"a": 0}, "nothing is right"),
        (["a", "b"], {"a": -1}, "below 0"),
        (["a", "b"], {"a": "much"}, "the gain of a"),
        (["a", "b"], None, "a label is wanted"),
    ],
)
def test_what_cannot_be_ranked_is_said(answer, target, message) -> None:
    with pytest.raises(MetricError, match=message):
        make("ndcg").measure(answer, target)
