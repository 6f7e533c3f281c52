"""Metrics of labels, held to scikit-learn and to worked examples."""

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn import metrics as sklearn

from runner.metrics.base import MetricError
from runner.metrics.classes import confusion
from runner.metrics.intervals import interval_of
from runner.metrics.table import Table
from tests.metrics.samples import LABELS, make, measured, rows_for, value

SEEDS = range(4)


def _columns(pairs):
    best = [answer[0]["label"] for answer, _ in pairs]
    return [target for _, target in pairs], best


def _matrix(pairs) -> np.ndarray:
    named = [{entry["label"]: entry["score"] for entry in answer} for answer, _ in pairs]
    return np.array([[scores[label] for label in LABELS] for scores in named])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("kind", ["f1", "precision", "recall"])
def test_averages_are_those_of_scikit_learn(kind: str, average: str, seed: int) -> None:
    metric = make(f"{kind}_{average}")
    pairs = rows_for(metric, 25, seed)
    of_sklearn = getattr(sklearn, f"{kind}_score")
    expected = of_sklearn(*_columns(pairs), average=average, zero_division=0)
    assert value(metric, pairs) == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["f1", "precision", "recall"])
def test_one_class_and_each_class_are_those_of_scikit_learn(kind: str) -> None:
    pairs = rows_for(make("f1"), 40, 3)
    of_sklearn = getattr(sklearn, f"{kind}_score")
    each = of_sklearn(*_columns(pairs), average=None, labels=LABELS)
    for label, expected in zip(LABELS, each, strict=True):
        assert value(make(kind, positive=label), pairs) == pytest.approx(expected)
    metric = make(f"{kind}_macro")
    parts = metric.parts(measured(metric, pairs), np.ones(40))
    assert parts == pytest.approx({f"class.{x}": y for x, y in zip(LABELS, each, strict=True)})


def test_a_class_that_is_never_answered_counts_and_one_that_is_not_there_does_not() -> None:
    pairs = [([{"label": "a", "score": 1.0}], target) for target in ("a", "a", "b")]
    assert value(make("precision_macro"), pairs) == pytest.approx((2 / 3 + 0) / 2)
    assert value(make("f1_macro"), pairs) == pytest.approx((0.8 + 0) / 2)
    assert np.isnan(value(make("precision", positive="b"), pairs))
    assert np.isnan(value(make("f1", positive="c"), pairs))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "of_sklearn"),
    [
        ("accuracy", sklearn.accuracy_score),
        ("balanced_accuracy", sklearn.balanced_accuracy_score),
        ("mcc", sklearn.matthews_corrcoef),
        ("kappa", sklearn.cohen_kappa_score),
    ],
)
def test_agreement_is_that_of_scikit_learn(name: str, of_sklearn, seed: int) -> None:
    pairs = rows_for(make(name), 30, seed)
    assert value(make(name), pairs) == pytest.approx(of_sklearn(*_columns(pairs)))


def test_kappa_is_as_published() -> None:
    """J. Cohen's worked example of 1960, as it is usually told: 20, 5, 10 and 15 of 50 rows."""
    pairs = [
        ([{"label": answer, "score": 1.0}], target)
        for answer, target, times in [
            ("yes", "yes", 20),
            ("yes", "no", 5),
            ("no", "yes", 10),
            ("no", "no", 15),
        ]
        for _ in range(times)
    ]
    assert value(make("kappa"), pairs) == pytest.approx(0.4)


def test_what_needs_two_classes_says_so() -> None:
    pairs = [([{"label": "a", "score": 0.9}, {"label": "b", "score": 0.1}], "a")] * 5
    for name in ("mcc", "kappa", "roc_auc"):
        assert np.isnan(value(make(name), pairs))
        assert "one class" in make(name).undefined or "same" in make(name).undefined


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "of_sklearn"),
    [
        ("roc_auc", lambda y, s: sklearn.roc_auc_score(y, s, multi_class="ovr", labels=LABELS)),
        (
            "average_precision",
            lambda y, s: sklearn.average_precision_score(np.array(y)[:, None] == LABELS, s),
        ),
        (
            "pr_auc",
            lambda y, s: sklearn.average_precision_score(np.array(y)[:, None] == LABELS, s),
        ),
        ("log_loss", lambda y, s: sklearn.log_loss(y, s, labels=LABELS)),
        ("brier", lambda y, s: sklearn.brier_score_loss(y, s, labels=LABELS)),
        ("top_k_accuracy", lambda y, s: sklearn.top_k_accuracy_score(y, s, k=2, labels=LABELS)),
        ("hit_rate", lambda y, s: sklearn.top_k_accuracy_score(y, s, k=2, labels=LABELS)),
    ],
)
def test_metrics_of_scores_are_those_of_scikit_learn(name: str, of_sklearn, seed: int) -> None:
    metric = make(name, **({"k": 2} if name in ("top_k_accuracy", "hit_rate") else {}))
    pairs = rows_for(metric, 40, seed)
    targets, scores = [target for _, target in pairs], _matrix(pairs)
    assert value(metric, pairs) == pytest.approx(of_sklearn(targets, scores))


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "brier"])
def test_metrics_of_one_label_are_those_of_scikit_learn(name: str) -> None:
    metric = make(name, positive="b")
    pairs = rows_for(metric, 40, 7)
    right = np.array([target == "b" for _, target in pairs])
    of_sklearn = {
        "roc_auc": sklearn.roc_auc_score,
        "average_precision": sklearn.average_precision_score,
        "brier": sklearn.brier_score_loss,
    }[name]
    assert value(metric, pairs) == pytest.approx(of_sklearn(right, _matrix(pairs)[:, 1]))


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_resamples_of_curves_are_those_of_scikit_learn_with_weights(name: str) -> None:
    metric = make(name, positive="b")
    pairs = rows_for(metric, 40, 7)
    right = np.array([target == "b" for _, target in pairs])
    weights = np.random.default_rng(0).integers(0, 4, size=(5, 40)).astype(float)
    of_sklearn = sklearn.roc_auc_score if name == "roc_auc" else sklearn.average_precision_score
    expected = [of_sklearn(right, _matrix(pairs)[:, 1], sample_weight=one) for one in weights]
    np.testing.assert_allclose(metric.aggregate(measured(metric, pairs), weights), expected)


def _sure(score: float, target: str):
    return [{"label": "a", "score": score}, {"label": "b", "score": 1 - score}], target


def test_calibration_is_as_worked_by_hand() -> None:
    """Of ten bins (0.5, 0.6] has 2 rows, 1 right, mean 0.575; (0.9, 1] has 3, all right, 0.95."""
    pairs = [_sure(0.55, "a"), _sure(0.6, "b"), *(_sure(one, "a") for one in (0.92, 0.95, 0.98))]
    metric = make("ece", bins=10)
    assert value(metric, pairs) == pytest.approx(0.4 * 0.075 + 0.6 * 0.05)
    unsure, sure = metric.calibration(measured(metric, pairs))
    assert (unsure.low, unsure.high, unsure.rows, unsure.right) == (0.5, 0.6, 2, 0.5)
    assert (sure.high, sure.rows, sure.right) == (1.0, 3, 1.0)
    assert sure.probability == pytest.approx(0.95)


def test_calibration_is_as_by_numpy() -> None:
    pairs = rows_for(make("ece"), 300, 5)
    sure = _matrix(pairs).max(axis=1)
    right = np.array([answer[0]["label"] == target for answer, target in pairs])
    place = np.digitize(sure, np.linspace(0, 1, 16), right=True)
    apart = [
        abs(sure[place == bin_].sum() - right[place == bin_].sum()) for bin_ in np.unique(place)
    ]
    assert value(make("ece"), pairs) == pytest.approx(sum(apart) / 300)


def test_the_confusion_matrix_is_that_of_scikit_learn() -> None:
    pairs = rows_for(make("mcc"), 50)
    found = confusion(measured(make("mcc"), pairs))
    assert found.labels == LABELS
    expected = sklearn.confusion_matrix(*_columns(pairs), labels=LABELS)
    np.testing.assert_array_equal(found.rows, expected)


@pytest.mark.parametrize(
    ("name", "answer", "target", "message"),
    [
        ("roc_auc", [{"label": "a", "score": 0.7}], "b", "no score for b"),
        ("roc_auc", [{"label": "a", "score": float("nan")}], "a", "the score of a"),
        ("log_loss", [{"label": "a", "score": 0.7}], "a", "add up to 0.7"),
        ("log_loss", [{"label": "a", "score": 1.0}], "b", "no probability for b"),
        ("brier", [{"label": "a", "score": 4.0}], "a", "not between 0 and 1"),
        ("f1_macro", [{"label": "a", "score": 4.0}], ["a", "b"], "one right label"),
        ("mcc", [{"label": "a", "score": 4.0}], None, "a label is wanted"),
    ],
)
def test_what_an_answer_lacks_is_said(name, answer, target, message) -> None:
    with pytest.raises(MetricError, match=message):
        make(name).measure(answer, target)


def test_a_measure_of_one_class_needs_the_class() -> None:
    with pytest.raises(ValidationError, match="needs `positive`"):
        make("f1", positive=None)
    with pytest.raises(ValidationError, match="takes no `positive`"):
        make("f1_macro", positive="a")


def _answered(times) -> list:
    return [
        ([{"label": answer, "score": 1.0}], target)
        for (answer, target), count in times.items()
        for _ in range(count)
    ]


def test_the_interval_of_micro_is_that_of_accuracy() -> None:
    pairs = _answered({("a", "a"): 20, ("b", "a"): 6, ("c", "c"): 4})
    for name in ("f1_micro", "precision_micro", "recall_micro"):
        found = interval_of(make(name), measured(make(name), pairs))
        assert found == interval_of(make("accuracy"), measured(make("accuracy"), pairs))


def test_a_class_of_two_rows_that_are_right_is_no_certainty() -> None:
    pairs = _answered({("a", "a"): 55, ("b", "a"): 5, ("b", "b"): 40, ("c", "c"): 2})
    found = interval_of(make("f1_macro"), measured(make("f1_macro"), pairs))
    assert value(make("f1_macro"), pairs) - found.low > 0.15


def _population(draw, rows: int, shares, right) -> Table:
    """Rows of classes by their shares, each right with a chance of its own, as measured."""
    targets = draw.choice(len(shares), p=shares, size=rows)
    wrong = (targets + draw.integers(1, len(shares), rows)) % len(shares)
    answers = np.where(draw.random(rows) < np.array(right)[targets], targets, wrong)
    columns = np.stack([answers, targets], axis=1).astype(float)
    return Table(("answer", "target"), columns, LABELS[: len(shares)])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rows", "shares", "right"),
    [
        ("f1", 30, (0.3, 0.7), (0.9, 0.8)),
        ("f1", 100, (0.3, 0.7), (0.9, 0.8)),
        ("f1_macro", 100, (0.6, 0.4), (0.9, 0.8)),
        ("f1_macro", 150, (0.5, 0.3, 0.2), (0.9, 0.8, 0.7)),
        ("f1_micro", 50, (0.5, 0.3, 0.2), (0.9, 0.8, 0.7)),
        ("precision", 60, (0.3, 0.7), (0.9, 0.8)),
    ],
)
def test_intervals_cover_the_truth_as_often_as_they_say(name, rows, shares, right) -> None:
    metric = make(name)
    everyone = _population(np.random.default_rng(0), 1_000_000, shares, right)
    truth = metric.aggregate(everyone, np.ones((1, 1_000_000)))[0]
    draw = np.random.default_rng(rows)
    repeats, covered = 1500, 0
    for seed in range(repeats):
        table = _population(draw, rows, shares, right)
        found = interval_of(metric, table, seed=seed, resamples=400)
        covered += found.low <= truth <= found.high
    assert covered / repeats == pytest.approx(0.95, abs=0.015)
