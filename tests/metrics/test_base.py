"""What every metric is made of: statistics of rows, and one number under any weights."""

from array import array

import numpy as np
import pytest

from runner.metrics import all_metrics
from runner.metrics.base import Additive, Joint, MetricError
from runner.metrics.table import Tabulating


class Ratio(Additive, frozen=True):
    """Errors by length."""

    takes = frozenset({"text"})

    def measure(self, answer, target):
        return {"errors": answer, "length": target}

    def value(self, sums):
        return sums["errors"] / sums["length"]


class Spread(Joint, frozen=True):
    """How far the rows are apart."""

    takes = frozenset({"number"})

    def measure(self, answer, target):
        return {"value": answer}

    def of(self, table, weights):
        there = table["value"][weights > 0]
        return float(np.ptp(there)) if len(there) else float("nan")


def _table(metric, pairs):
    collected = Tabulating()
    for answer, target in pairs:
        collected.add(metric.measure(answer, target))
    return collected.table()


def test_a_ratio_is_of_sums_not_the_mean_of_ratios() -> None:
    metric = Ratio(name="ratio")
    table = _table(metric, [(1, 2), (1, 10), (0, 0)])
    weights = np.array([[1, 1, 1], [2, 0, 0], [0, 0, 1]], float)
    np.testing.assert_allclose(metric.aggregate(table, weights), [2 / 12, 0.5, np.nan])
    np.testing.assert_allclose(metric.per_row(table), [0.5, 0.1, np.nan])


def test_weights_are_the_same_as_rows_that_are_there_so_often() -> None:
    pairs = [(3, 7), (1, 2), (4, 9), (0, 5)]
    for metric in (Ratio(name="ratio"), Spread(name="spread")):
        table = _table(metric, pairs)
        counts = np.array([2, 0, 1, 3])
        again = table.take(np.repeat(np.arange(4), counts))
        one = np.ones((1, len(again)))
        weighted = metric.aggregate(table, counts[None, :].astype(float))
        np.testing.assert_allclose(weighted, metric.aggregate(again, one))


def test_words_are_numbered_alphabetically_whenever_they_come() -> None:
    collected = Tabulating()
    collected.add({"target": "dog"})
    collected.add({"target": "cat", "score": 2.0})
    table = collected.table()
    assert table.words == ("cat", "dog")
    assert table["target"].tolist() == [1, 0]
    assert table["score"].tolist() == [0, 2]
    assert table["other"].tolist() == [0, 0]


def test_a_column_is_made_once_whatever_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(*given):
        made.append(given)
        return array(*given)

    monkeypatch.setattr("runner.metrics.table.array", counted)
    collected = Tabulating()
    for number in range(50):
        collected.add({"early": number} if number < 9 else {"early": number, "late": 1.0})
    assert collected.table()["late"].tolist() == [0.0] * 9 + [1.0] * 41
    assert len(made) == 2


def test_a_metric_without_rows_is_not_defined() -> None:
    metric = all_metrics()["accuracy"](name="accuracy")
    table = _table(metric, [([{"label": "a", "score": 1.0}], "a")])
    assert np.isnan(metric.aggregate(table, np.zeros((1, 1)))).all()


def test_accuracy_takes_labels_that_are_numbers_and_refuses_what_is_no_label() -> None:
    metric = all_metrics()["accuracy"](name="accuracy")
    answer = [{"label": "1", "score": 0.9}, {"label": "0", "score": 0.1}]
    assert metric.measure(answer, 1) == {"value": 1.0}
    assert metric.measure(answer, ["0", "2"]) == {"value": 0.0}
    for wrong in (1.5, None, {"label": "1"}, True):
        with pytest.raises(MetricError, match="a label is wanted"):
            metric.measure(answer, wrong)
